/** The latest and the best metrics of a run, its length and its speed. */
import type { EpochRecord, Metric, RunRecord } from '../run/records/records.js';
import { curvesOf } from './curves.js';

export interface RunMetrics {
  epochs: number;
  steps: number;
  /** Duration of all finished epochs, validation included. */
  seconds: number;
  /** Mean training speed. */
  imagesPerSecond: Metric;
  final: EpochRecord | null;
  /** See `bestEpoch`. */
  best: EpochRecord | null;
  /** The epoch with the lowest loss on the validation images; the earliest of equals. */
  lowest: EpochRecord | null;
  /** Images skipped because they could not be decoded, in all epochs. */
  skipped: number;
  /** Of the latest record, seconds since 1970. */
  time: number | null;
}

export function runMetrics(records: readonly RunRecord[]): RunMetrics {
  const { epochs, steps } = curvesOf(records);
  const last = records.at(-1);
  const final = epochs.at(-1) ?? null;
  return {
    epochs: final?.epoch ?? 0,
    steps: last?.step ?? 0,
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
    imagesPerSecond: mean((final ? epochs : steps).map((record) => record.imagesPerSecond)),
    final,
    best: bestEpoch(epochs),
    lowest: highest(epochs, ({ validation }) => negative(validation?.loss ?? null)),
    skipped: epochs.reduce((sum, { skipped }) => sum + skipped, 0),
    time: last?.time ?? null,
  };
}

/** The epoch with the highest top-1 accuracy on the validation images; the earliest of equals. */
export const bestEpoch = (epochs: readonly EpochRecord[]): EpochRecord | null =>
  highest(epochs, ({ validation }) => validation?.top1 ?? null);

/** The epoch with the highest value; the earliest of equals, and null where no epoch has a value. */
function highest(
  epochs: readonly EpochRecord[],
  value: (record: EpochRecord) => number | null,
): EpochRecord | null {
  let best: { record: EpochRecord; value: number } | null = null;
  for (const record of epochs) {
    const found = value(record);
    if (found !== null && found > (best?.value ?? -Infinity)) best = { record, value: found };
  }
  return best?.record ?? null;
}

const negative = (value: Metric): Metric => (value === null ? null : -value);

function mean(values: readonly Metric[]): Metric {
  const known = values.filter((value): value is number => Number.isFinite(value));
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value / known.length, 0);
}
