import { GoogLeNetError } from '../errors.js';
import { readSafetensorsHeader, type SafetensorsHeader, withSafetensors } from '../formats/safetensors.js';
import { type GoogLeNet, nativeOf } from '../model.js';
import { MODEL_PREFIX, type ModelDescription, modelIn, toMetadata, withoutPrefix } from '../model-file.js';
import { call } from '../native/call.js';
import type { NativeTrainer } from '../native/contract.js';
import { boolean, integer, number, object, seed, string } from '../validate.js';
import { assertMatch, compareTensors, saveFile } from '../weights.js';
import { readTrainerConfig, type TrainerConfig } from './config.js';
import { MAX_EPOCH } from './schedule.js';
import { emptyTally, type Tally } from './scores.js';

/** Where a run stands. Together with the seed it is the whole state of the data loader. */
export interface Progress {
  /** Completed epochs. */
  readonly epoch: number;
  /** Completed steps of the epoch under way. */
  readonly step: number;
  /** Completed steps of the run. */
  readonly globalStep: number;
  /** What the epoch under way has summed up so far. */
  readonly tally: Tally;
  /** What fixes the batches; only with the same values can an epoch be resumed in its middle. */
  readonly batches: BatchPlan | null;
}

export interface BatchPlan {
  readonly seed: string;
  readonly batchSize: number;
  readonly length: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
}

export const START: Progress = { epoch: 0, step: 0, globalStep: 0, tally: emptyTally(), batches: null };

const MOMENTUM_PREFIX = 'optimizer.momentum.';

/** What a checkpoint says beside its tensors. */
export interface Checkpoint {
  model: ModelDescription;
  trainer: TrainerConfig;
  progress: Progress;
  /** What the validation gave these very weights, the higher the better; null where none was made. */
  score: number | null;
}

/** The part of the file that is not tensors. */
interface Content extends Checkpoint {
  checkpoint: 1;
  /** State of the model's random numbers, base64. */
  generator: string;
  /** False before the first step, which treats momentum in a way of its own. */
  hasMomentum: boolean;
}

interface Training {
  readonly model: GoogLeNet;
  readonly config: TrainerConfig;
  readonly progress: Progress;
}

export async function saveCheckpoint(
  path: string,
  training: Training,
  trainer: NativeTrainer,
  score: Checkpoint['score'] = null,
): Promise<void> {
  const { model, config, progress } = training;
  const native = nativeOf(model);
  const described: Checkpoint = {
    model: model.describe(),
    trainer: config,
    progress,
    score: readScore(score),
  };
  const content = async () => {
    const [state, hasMomentum, areFinite] = await Promise.all([
      call(() => native.generatorState()),
      call(() => trainer.hasMomentum()),
      call(() => trainer.isFinite()),
    ]);
    if (!areFinite) throw diverged(progress);
    const generator = Buffer.from(state).toString('base64');
    return toMetadata({ checkpoint: 1, ...described, generator, hasMomentum } satisfies Content);
  };
  const groups = [
    { prefix: MODEL_PREFIX, tensors: native.tensors(), copy: native.snapshot.bind(native) },
    { prefix: MOMENTUM_PREFIX, tensors: trainer.tensors(), copy: trainer.snapshot.bind(trainer) },
  ];
  await saveFile(string('path', path), groups, content);
}

/** A checkpoint with weights that are no numbers would replace the last one that can be resumed from. */
function diverged({ globalStep }: Progress): GoogLeNetError {
  const message = `The weights are NaN or infinite after step ${globalStep}, so no checkpoint was written.`;
  const fix = 'Resume from an earlier checkpoint with a lower learning rate, and look for broken pictures.';
  return new GoogLeNetError('DIVERGED', `${message} ${fix}`);
}

/**
 * What a checkpoint says, read without touching a model; for building model and trainer from it.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `INVALID_CHECKPOINT`
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const content = readContent(await readSafetensorsHeader(string('path', path)), path);
  const { model, trainer, progress, score } = content;
  return { model, trainer, progress, score };
}

/**
 * Reads every byte of a checkpoint.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_WEIGHTS` where bytes are missing or damaged, `INVALID_CHECKPOINT`
 */
export async function checkCheckpoint(path: string): Promise<void> {
  await withSafetensors(path, async (file) => void readContent(file, path));
}

export async function loadCheckpoint(
  path: string,
  model: GoogLeNet,
  trainer: NativeTrainer,
): Promise<Progress> {
  const native = nativeOf(model);
  return withSafetensors(string('path', path), async (file) => {
    const { fd } = file;
    const { progress, generator, hasMomentum } = readContent(file, path);
    const weights = withoutPrefix(file.tensors, MODEL_PREFIX);
    const momentum = withoutPrefix(file.tensors, MOMENTUM_PREFIX);
    // Everything is compared before anything is changed.
    assertMatch(compareTensors(native.tensors(), weights), true, path);
    assertMatch(compareTensors(trainer.tensors(), momentum), true, `the optimiser in ${path}`);

    await call(() =>
      trainer.resume({
        source: { fd, path },
        weights,
        momentum,
        hasMomentum,
        generator: Buffer.from(generator, 'base64'),
      }),
    );
    return progress;
  });
}

/** Believes nothing: the file may be damaged or written by somebody else. */
function readContent(header: SafetensorsHeader, path: string): Content {
  const { description, content } = modelIn(header, path);
  const isOurs = content.checkpoint === 1;
  if (!isOurs) {
    throw new GoogLeNetError('INVALID_CHECKPOINT', `${path} is not a training checkpoint of this package.`);
  }
  try {
    return {
      checkpoint: 1,
      model: description,
      trainer: readTrainerConfig(content.trainer),
      progress: readProgress(content.progress),
      score: readScore(content.score ?? null),
      generator: string('generator', content.generator),
      hasMomentum: boolean('hasMomentum', content.hasMomentum),
    };
  } catch (cause) {
    const { message } = cause as Error;
    throw new GoogLeNetError('INVALID_CHECKPOINT', `The metadata of ${path} is damaged: ${message}`, {
      cause,
    });
  }
}

const readScore = (value: unknown): Checkpoint['score'] => (value === null ? null : number('score', value));

function readProgress(value: unknown): Progress {
  const { epoch, step, globalStep, tally, batches } = object('progress', value);
  return {
    epoch: integer('progress.epoch', epoch, 0, MAX_EPOCH),
    step: integer('progress.step', step, 0),
    globalStep: integer('progress.globalStep', globalStep, 0),
    tally: readTally(tally),
    batches: batches === null ? null : readBatchPlan(batches),
  };
}

function readTally(value: unknown): Tally {
  const { count, loss, correct, correctTop5 } = object('progress.tally', value);
  return {
    count: integer('progress.tally.count', count, 0),
    loss: number('progress.tally.loss', loss),
    correct: integer('progress.tally.correct', correct, 0),
    correctTop5: integer('progress.tally.correctTop5', correctTop5, 0),
  };
}

function readBatchPlan(value: unknown): BatchPlan {
  const plan = object('progress.batches', value);
  return {
    seed: seed('progress.batches.seed', BigInt(string('progress.batches.seed', plan.seed))).toString(),
    batchSize: integer('progress.batches.batchSize', plan.batchSize, 1),
    length: integer('progress.batches.length', plan.length, 1),
    shuffle: boolean('progress.batches.shuffle', plan.shuffle),
    dropLast: boolean('progress.batches.dropLast', plan.dropLast),
  };
}
