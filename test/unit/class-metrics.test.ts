import { classMetrics, macroAverages } from '../../src/core/class-metrics.js';

/** scikit-learn's formulas, written out: counts of true and false positives and of false negatives, label by label. */
function reference(labels: number[], predictions: number[], numClasses: number) {
  return Array.from({ length: numClasses }, (_, one) => {
    const count = (of: (label: number, prediction: number) => boolean) =>
      labels.filter((label, i) => of(label, predictions[i] ?? -1)).length;
    const tp = count((label, prediction) => label === one && prediction === one);
    const fp = count((label, prediction) => label !== one && prediction === one);
    const fn = count((label, prediction) => label === one && prediction !== one);
    const precision = tp + fp === 0 ? 0 : tp / (tp + fp);
    const recall = tp + fn === 0 ? 0 : tp / (tp + fn);
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return { support: tp + fn, correct: tp, precision, recall, f1, isSeen: tp + fp + fn > 0 };
  });
}

function counted(labels: number[], predictions: number[], numClasses: number) {
  const counts = { support: [], predicted: [], correct: [] } as Record<string, number[]>;
  for (const key of Object.keys(counts)) counts[key] = Array(numClasses).fill(0);
  const add = (key: string, i: number) => {
    const list = counts[key] ?? [];
    if (i < numClasses) list[i] = (list[i] ?? 0) + 1;
  };
  for (const [i, label] of labels.entries()) {
    add('support', label);
    add('predicted', predictions[i] ?? 0);
    if (label === predictions[i]) add('correct', label);
  }
  return counts as { support: number[]; predicted: number[]; correct: number[] };
}

// Class 3 has images and no predictions, class 4 predictions and no images, class 5 neither.
const LABELS = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3];
const PREDICTIONS = [0, 0, 1, 1, 4, 2, 2, 0, 2, 2];
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

test('precision, recall, F1 and support are those of scikit-learn with zero_division=0', () => {
  const found = classMetrics(NAMES, counted(LABELS, PREDICTIONS, 6));
  const expected = reference(LABELS, PREDICTIONS, 6);
  for (const [i, { name, f1, ...rest }] of found.entries()) {
    const { f1: expectedF1, isSeen: _, ...others } = expected[i] as (typeof expected)[number];
    expect({ name, ...rest }).toEqual({ name: NAMES[i], ...others });
    expect(f1).toBeCloseTo(expectedF1, 14);
  }
  // By hand: class 0 is predicted three times, twice rightly, and has three images.
  expect(found[0]).toEqual({ name: 'a', support: 3, correct: 2, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 });
  expect(found[3]).toEqual({ name: 'd', support: 1, correct: 0, precision: 0, recall: 0, f1: 0 });
  expect(found[4]).toEqual({ name: 'e', support: 0, correct: 0, precision: 0, recall: 0, f1: 0 });
  expect(found[5]).toEqual({ name: 'f', support: 0, correct: 0, precision: 0, recall: 0, f1: 0 });
});

test('macro averages are over the classes that have images or predictions', () => {
  const counts = counted(LABELS, PREDICTIONS, 6);
  const seen = reference(LABELS, PREDICTIONS, 6).filter(({ isSeen }) => isSeen);
  expect(seen).toHaveLength(5);
  const macro = macroAverages(classMetrics(NAMES, counts), counts);
  for (const key of ['precision', 'recall', 'f1'] as const)
    expect(macro[key]).toBeCloseTo(seen.reduce((sum, one) => sum + one[key], 0) / 5, 14);
});

test('a prediction of a class that has no name counts for none', () => {
  const counts = counted([0, 1], [7, 1], 2);
  const classes = classMetrics(['a', 'b'], counts);
  expect(classes.map(({ recall }) => recall)).toEqual([0, 1]);
  expect(macroAverages(classes, counts)).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
});

test('without any image all are 0', () => {
  const none = { support: [0], predicted: [0], correct: [0] };
  expect(macroAverages(classMetrics(['a'], none), none)).toEqual({ precision: 0, recall: 0, f1: 0 });
});
