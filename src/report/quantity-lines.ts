/** The lines of a quantity that is measured in every step, over epochs, and in validation. */
import type { EpochRecord, StepRecord } from '../run/records/records.js';
import type { Line } from './chart.js';
import { epochPoints, type Point, type RunCurves, stepPoints, type XAxis } from './curves.js';

export type Quantity = keyof EpochRecord['train'] & keyof StepRecord;

export interface QuantityPoints {
  steps: Point[];
  train: Point[];
  validation: Point[];
}

/** The length of an epoch is unknown until the first one ends. */
export const xAxisOf = ({ epochs }: RunCurves): XAxis => (epochs.length > 0 ? 'epoch' : 'step');

export const quantityPoints = (run: RunCurves, quantity: Quantity): QuantityPoints => ({
  steps: stepPoints(run, xAxisOf(run), (record) => record[quantity]),
  train: epochPoints(run, 'epoch', ({ train }) => train[quantity]),
  validation: epochPoints(run, 'epoch', ({ validation }) => validation?.[quantity]),
});

export const withPoints = (lines: readonly Line[]): Line[] => lines.filter(({ points }) => points.length > 0);

export const noEpochYet = ({ steps }: RunCurves): string =>
  steps.length > 0 ? 'the first epoch has not finished' : 'no records yet';
