/** Metrics of each class, and the most confused pairs of classes, from a confusion matrix. */
import {
  type ClassMetrics,
  classMetrics,
  type MacroAverages,
  macroAverages,
} from '../../core/class-metrics.js';
import type { ValidationRecord } from './validation-record.js';

export type { ClassMetrics, MacroAverages } from '../../core/class-metrics.js';

type Confusion = Pick<ValidationRecord, 'classes' | 'confusion'>;

export interface ConfusionMetrics {
  /** From the lowest F1 to the highest; classes without images come last. */
  classes: ClassMetrics[];
  macro: MacroAverages;
}

export function confusionMetrics({ classes, confusion }: Confusion): ConfusionMetrics {
  const support = confusion.map(sum);
  const correct = confusion.map((row, label) => row[label] ?? 0);
  const predicted = new Array<number>(classes.length).fill(0);
  for (const row of confusion) {
    for (const [i, count] of row.entries()) predicted[i] = (predicted[i] ?? 0) + count;
  }
  const counts = { support, predicted, correct };
  const metrics = classMetrics(classes, counts);
  const rank = ({ support, f1 }: ClassMetrics) => (support === 0 ? 2 : f1);
  return {
    classes: [...metrics].sort((a, b) => rank(a) - rank(b)),
    macro: macroAverages(metrics, counts),
  };
}

export interface ConfusedPair {
  label: string;
  predicted: string;
  images: number;
  /** Fraction of the images of the true class. */
  share: number;
}

/** The pairs with the most images first; of equals, those with the larger share of their class. */
export function confusedPairs({ classes, confusion }: Confusion, most: number): ConfusedPair[] {
  let pairs: ConfusedPair[] = [];
  const best = () => pairs.sort((a, b) => b.images - a.images || b.share - a.share).slice(0, most);
  for (const [label, row] of confusion.entries()) {
    const total = sum(row);
    for (const [predicted, images] of row.entries()) {
      if (images === 0 || predicted === label) continue;
      const names = { label: classes[label] ?? '', predicted: classes[predicted] ?? '' };
      pairs.push({ ...names, images, share: images / total });
    }
    // Thousands of classes may have millions of pairs.
    if (pairs.length > MAX_PAIRS) pairs = best();
  }
  return best();
}

const MAX_PAIRS = 10_000;

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
