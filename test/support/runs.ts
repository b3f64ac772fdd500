import type { EpochRecord, RunRecord, StepRecord } from '../../src/report/records.js';

export interface RunShape {
  epochs: number;
  stepsPerEpoch: number;
  /** Steps of an epoch that is not over. */
  more?: number;
  validation?: boolean;
}

const NO_HEADS = { mainLoss: null, aux1Loss: null, aux2Loss: null, aux1Top1: null, aux2Top1: null };

/** The records of a run that learns: falling loss, rising accuracy, a little worse on validation. */
export function runRecords({ epochs, stepsPerEpoch, more = 0, validation = true }: RunShape): RunRecord[] {
  const loss = (epoch: number) => 0.6 + 3 * Math.exp(-epoch / 3);
  const top1 = (epoch: number) => 0.85 - 0.75 * Math.exp(-epoch / 3);
  const records: RunRecord[] = [];
  for (let step = 1; step <= epochs * stepsPerEpoch + more; step++) {
    const at = step / stepsPerEpoch;
    const speed = { time: 1.7e9 + step, lr: 0.01, imagesPerSecond: 30 };
    const losses = { loss: loss(at), mainLoss: loss(at) / 1.6, aux1Loss: null, aux2Loss: null };
    const record: StepRecord = {
      type: 'step',
      step,
      epoch: Math.ceil(at),
      ...speed,
      ...losses,
      top1: top1(at),
      aux1Top1: null,
      aux2Top1: null,
      gradNorm: null,
    };
    records.push(record);
    if (step % stepsPerEpoch !== 0) continue;
    const scores = (factor: number) => ({
      loss: loss(at) * factor,
      top1: top1(at) / factor,
      top5: 0.9,
      ...NO_HEADS,
    });
    const epoch: EpochRecord = {
      ...{ type: 'epoch', epoch: at, step, ...speed, seconds: 20, skipped: 0 },
      train: scores(1.1),
      validation: validation ? scores(1.2) : null,
    };
    records.push(epoch);
  }
  return records;
}
