import { confusedPairs, confusionMetrics } from '../../src/run/records/confusion-metrics.js';

const CLASSES = ['cat', 'dog', 'emu', 'fox'];
const CONFUSION = [
  [6, 4, 0, 0],
  [1, 9, 0, 0],
  [2, 0, 0, 0],
  [0, 0, 0, 0],
];

test('precision, recall and F1 of each class come with the lowest F1 first, classes without images last', () => {
  expect(confusionMetrics({ classes: CLASSES, confusion: CONFUSION })).toEqual({
    classes: [
      { name: 'emu', support: 2, correct: 0, precision: 0, recall: 0, f1: 0 },
      { name: 'cat', support: 10, correct: 6, precision: 6 / 9, recall: 0.6, f1: 12 / 19 },
      { name: 'dog', support: 10, correct: 9, precision: 9 / 13, recall: 0.9, f1: 18 / 23 },
      { name: 'fox', support: 0, correct: 0, precision: 0, recall: 0, f1: 0 },
    ],
    // The fox has neither images nor predictions, so it does not count.
    macro: {
      precision: expect.closeTo((6 / 9 + 9 / 13) / 3),
      recall: expect.closeTo(0.5),
      f1: expect.closeTo((12 / 19 + 18 / 23) / 3),
    },
  });
});

test('the most confused pairs come first', () => {
  expect(confusedPairs({ classes: CLASSES, confusion: CONFUSION }, 2)).toEqual([
    { label: 'cat', predicted: 'dog', images: 4, share: 0.4 },
    { label: 'emu', predicted: 'cat', images: 2, share: 1 },
  ]);
});
