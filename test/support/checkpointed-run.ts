/** A run of four images in a folder of its own, with checkpoints. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FitOptions, GoogLeNet, TrainerOptions } from '../../src/index';
import { memoryDataset } from './dataset';
import { build, expectSameWeights, type Fitted, fit, weightsAfter } from './fit';
import { temporaryFolder } from './temporary-folder';

export const folder = temporaryFolder();
export const dir = (): string => folder('run');
export const file = (step: number): string => join(dir(), `step-0000000${step}.safetensors`);
/** Two steps an epoch. */
export const train = memoryDataset(4);
export const validation = memoryDataset(2);

/** What a folder holds, checkpoints as their steps. */
export const stepsIn = async (path = dir()): Promise<(number | string)[]> =>
  (await readdir(path)).sort().map((name) => (name.startsWith('step-') ? Number(name.slice(5, -12)) : name));

/** A run in {@link dir} up to some step, in a trainer of its own. */
export const runTo = (
  steps: number,
  options: FitOptions = {},
  trainerOptions: TrainerOptions = {},
): Promise<Fitted> =>
  fit(build(trainerOptions).trainer, train, { steps, checkpointDir: dir(), resume: 'auto', ...options });

/** The bits of a run that nothing disturbed. */
export const expectRunOf = async (model: GoogLeNet, steps: number): Promise<void> =>
  expectSameWeights(model, await weightsAfter(train, { steps }));
