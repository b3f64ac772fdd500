/** How well each class is found, from counts of images: as scikit-learn's `precision_recall_fscore_support`. */

export interface ClassMetrics {
  name: string;
  /** Images of this class that were scored. */
  support: number;
  /** Those of them that were predicted as this class. */
  correct: number;
  /** The part of the images predicted as this class that are of it: tp / (tp + fp). 0 where none was predicted. */
  precision: number;
  /** The part of the images of this class that were predicted as it: tp / (tp + fn). 0 where there are none. */
  recall: number;
  /** The harmonic mean of both: 2 tp / (2 tp + fp + fn). 0 where it has no images and no predictions. */
  f1: number;
}

/**
 * Means over classes, each with the same weight. A class without images and without predictions does not count, as in scikit-learn
 * with `average='macro'` and `zero_division=0`; without that, a few classes of a large model would have averages near 0.
 */
export interface MacroAverages {
  precision: number;
  recall: number;
  f1: number;
}

/** Images of each class. */
export interface ClassCounts {
  support: ArrayLike<number>;
  /** Predicted as it. */
  predicted: ArrayLike<number>;
  /** Of it and predicted as it. */
  correct: ArrayLike<number>;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export const classMetrics = (names: readonly string[], counts: ClassCounts): ClassMetrics[] =>
  names.map((name, i) => {
    const [support = 0, predicted = 0, correct = 0] = [
      counts.support[i],
      counts.predicted[i],
      counts.correct[i],
    ];
    return {
      name,
      support,
      correct,
      precision: ratio(correct, predicted),
      recall: ratio(correct, support),
      f1: ratio(2 * correct, support + predicted),
    };
  });

export function macroAverages(classes: readonly ClassMetrics[], counts: ClassCounts): MacroAverages {
  const seen = classes.filter((_, i) => (counts.support[i] ?? 0) + (counts.predicted[i] ?? 0) > 0);
  const mean = (key: keyof MacroAverages) =>
    ratio(
      seen.reduce((sum, one) => sum + one[key], 0),
      seen.length,
    );
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}
