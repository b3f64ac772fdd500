/** What a confusion matrix says of classes and of pairs of them. */
import type { ValidationRecord } from '../run/records/validation-record.js';

export interface ClassScore {
  name: string;
  images: number;
  correct: number;
  /** Fraction of its images, null where it has none. */
  accuracy: number | null;
}

/** From the lowest accuracy to the highest; classes without images come last. */
export function classScores({ classes, confusion }: ValidationRecord): ClassScore[] {
  const scores = classes.map((name, label): ClassScore => {
    const row = confusion[label] ?? [];
    const images = sum(row);
    const correct = row[label] ?? 0;
    return { name, images, correct, accuracy: images === 0 ? null : correct / images };
  });
  return scores.sort((a, b) => (a.accuracy ?? 2) - (b.accuracy ?? 2));
}

export interface ConfusedPair {
  label: string;
  predicted: string;
  images: number;
  /** Fraction of the images of the true class. */
  share: number;
}

/** The pairs with the most images first; of equals, those that are the larger part of their class. */
export function confusedPairs({ classes, confusion }: ValidationRecord, most: number): ConfusedPair[] {
  let pairs: ConfusedPair[] = [];
  const best = () => pairs.sort((a, b) => b.images - a.images || b.share - a.share).slice(0, most);
  for (const [label, row] of confusion.entries()) {
    const total = sum(row);
    for (const [predicted, images] of row.entries()) {
      if (images === 0 || predicted === label) continue;
      const names = { label: classes[label] ?? '', predicted: classes[predicted] ?? '' };
      pairs.push({ ...names, images, share: images / total });
    }
    // Of thousands of classes there may be millions of pairs.
    if (pairs.length > MAX_PAIRS) pairs = best();
  }
  return best();
}

const MAX_PAIRS = 10_000;

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
