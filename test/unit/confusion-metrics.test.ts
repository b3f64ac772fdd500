import { classMetrics, confusedPairs } from '../../src/run/records/confusion-metrics.js';

const CLASSES = ['cat', 'dog', 'emu', 'fox'];
const CONFUSION = [
  [6, 4, 0, 0],
  [1, 9, 0, 0],
  [2, 0, 0, 0],
  [0, 0, 0, 0],
];

test('precision, recall and F1 of each class come with the lowest F1 first', () => {
  expect(classMetrics({ classes: CLASSES, confusion: CONFUSION })).toEqual([
    // No prediction names the emu, so its precision does not exist.
    { name: 'emu', images: 2, correct: 0, precision: null, recall: 0, f1: 0 },
    { name: 'cat', images: 10, correct: 6, precision: 6 / 9, recall: 0.6, f1: 12 / 19 },
    { name: 'dog', images: 10, correct: 9, precision: 9 / 13, recall: 0.9, f1: 18 / 23 },
    { name: 'fox', images: 0, correct: 0, precision: null, recall: null, f1: null },
  ]);
});

test('the most confused pairs come first', () => {
  expect(confusedPairs({ classes: CLASSES, confusion: CONFUSION }, 2)).toEqual([
    { label: 'cat', predicted: 'dog', images: 4, share: 0.4 },
    { label: 'emu', predicted: 'cat', images: 2, share: 1 },
  ]);
});
