import type { EpochMetrics, EpochRecord, RunRecord, StepRecord } from '../../src/run/records/records.js';
import type { ImagePrediction, ValidationRecord } from '../../src/run/records/validation-record.js';

export interface RunShape {
  epochs: number;
  stepsPerEpoch: number;
  /** Steps of an epoch that is not over. */
  more?: number;
  validation?: boolean;
  /** Whether the model has auxiliary heads. */
  aux?: boolean;
}

/** When the first step is over; steps take half a second each. */
const START = 1_700_000_000.25;

/** The records of a run that learns: falling loss, rising accuracy, a little worse on validation. */
export function runRecords(shape: RunShape): RunRecord[] {
  const { epochs, stepsPerEpoch, more = 0, validation = true, aux = false } = shape;
  const records: RunRecord[] = [];
  for (let step = 1; step <= epochs * stepsPerEpoch + more; step++) {
    const at = step / stepsPerEpoch;
    const moment = { step, epoch: Math.ceil(at), time: START + step / 2, lr: 0.01, imagesPerSecond: 30 };
    const { top5: _, ...scores } = scoresAt(at, 1, aux);
    const record: StepRecord = { type: 'step', ...moment, ...scores, gradNorm: null };
    records.push(record);
    if (step % stepsPerEpoch !== 0) continue;
    const epoch: EpochRecord = {
      type: 'epoch',
      ...moment,
      train: scoresAt(at, 1.1, aux),
      validation: validation ? scoresAt(at, 1.2, aux) : null,
      ...{ skipped: 0, seconds: 20 },
    };
    records.push(epoch);
  }
  return records;
}

/** @param worse what the loss is multiplied and the accuracy divided by. */
function scoresAt(epoch: number, worse: number, aux: boolean): EpochMetrics {
  const loss = (0.6 + 3 * Math.exp(-epoch / 3)) * worse;
  const top1 = (0.85 - 0.75 * Math.exp(-epoch / 3)) / worse;
  const ofAux = (value: number) => (aux ? value : null);
  return {
    ...{ loss, mainLoss: loss / 1.6, aux1Loss: ofAux(loss / 1.5), aux2Loss: ofAux(loss / 1.55) },
    ...{ top1, top5: 0.9, aux1Top1: ofAux(top1 * 0.9), aux2Top1: ofAux(top1 * 0.95) },
  };
}

/** The smallest PNG there is. */
export const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A validation of `classes` with ten images each, of which two are taken for the next class. */
export function validationRecord(classes: readonly string[]): ValidationRecord {
  const count = classes.length;
  const prediction = (label: number, predicted: number): ImagePrediction => ({
    ...{ name: `${classes[label]}/1.png`, label, predicted, probability: 0.75, labelProbability: 0.125 },
    image: PIXEL,
  });
  const confusion = classes.map((_, label) => {
    const row = new Array<number>(count).fill(0);
    row[label] = 8;
    row[(label + 1) % count] = (row[(label + 1) % count] ?? 0) + 2;
    return row;
  });
  return {
    ...{ epoch: 2, step: 60, classes: [...classes], confusion },
    mistakes: classes.slice(0, 24).map((_, label) => prediction(label, (label + 1) % count)),
    samples: classes.slice(0, 12).map((_, label) => prediction(label, label)),
  };
}
