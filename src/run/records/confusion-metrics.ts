/** Metrics of each class, and the most confused pairs of classes, from a confusion matrix. */
import type { ValidationRecord } from './validation-record.js';

type Confusion = Pick<ValidationRecord, 'classes' | 'confusion'>;

export interface ClassMetrics {
  name: string;
  images: number;
  correct: number;
  /** Correct predictions of the class ÷ all predictions of it; null where nothing was predicted as the class. */
  precision: number | null;
  /** Correct predictions of the class ÷ its images; null where it has none. */
  recall: number | null;
  /** Harmonic mean of precision and recall: 2 · correct ÷ (images + predictions); null where both are null. */
  f1: number | null;
}

/** From the lowest F1 to the highest; classes without one come last. */
export function classMetrics({ classes, confusion }: Confusion): ClassMetrics[] {
  const predictions = new Array<number>(classes.length).fill(0);
  for (const row of confusion) {
    for (const [predicted, count] of row.entries())
      predictions[predicted] = (predictions[predicted] ?? 0) + count;
  }
  const metrics = classes.map((name, label): ClassMetrics => {
    const row = confusion[label] ?? [];
    const [images, predicted, correct] = [sum(row), predictions[label] ?? 0, row[label] ?? 0];
    return {
      ...{ name, images, correct },
      precision: ratio(correct, predicted),
      recall: ratio(correct, images),
      f1: ratio(2 * correct, images + predicted),
    };
  });
  return metrics.sort((a, b) => (a.f1 ?? 2) - (b.f1 ?? 2));
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

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
