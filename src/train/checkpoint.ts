import { GoogLeNetError } from '../errors.js';
import { readSafetensorsHeader } from '../formats/safetensors.js';
import { type GoogLeNet, MODEL_PREFIX, nativeOf } from '../model.js';
import { fromMetadata, type ModelDescription, toMetadata } from '../model-file.js';
import { call } from '../native/call.js';
import type { NativeTrainer } from '../native/contract.js';
import { string } from '../validate.js';
import { assertMatch, compareTensors, saveFile, withoutPrefix } from '../weights.js';
import type { TrainerConfig } from './config.js';
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

/** The part of a checkpoint that is not tensors. */
interface Content {
  checkpoint: 1;
  model: ModelDescription & { dropout: number; dropoutAux: number };
  trainer: TrainerConfig;
  progress: Progress;
  /** State of the model's random numbers, base64. */
  generator: string;
}

interface Training {
  readonly model: GoogLeNet;
  readonly config: TrainerConfig;
  readonly progress: Progress;
}

export async function saveCheckpoint(
  path: string,
  { model, config, progress }: Training,
  trainer: NativeTrainer,
  hasMomentum: boolean,
): Promise<void> {
  const native = nativeOf(model);
  const { dropout, dropoutAux } = model;
  const generator = call(() => native.generatorState());
  const content = generator.then((state): Content => {
    const description = { ...model.describe(), dropout, dropoutAux };
    const base64 = Buffer.from(state).toString('base64');
    return { checkpoint: 1, model: description, trainer: config, progress, generator: base64 };
  });
  const groups = [{ prefix: MODEL_PREFIX, tensors: native.tensors(), copy: native.snapshot.bind(native) }];
  if (hasMomentum) {
    groups.push({
      prefix: MOMENTUM_PREFIX,
      tensors: trainer.tensors(),
      copy: trainer.snapshot.bind(trainer),
    });
  }
  await saveFile(string('path', path), groups, content.then(toMetadata));
}

/** What a checkpoint says, read without touching a model; for rebuilding model and trainer from it. */
export async function readCheckpoint(path: string) {
  const header = await readSafetensorsHeader(string('path', path));
  const content = fromMetadata(header, path) as Partial<Content>;
  if (
    content.checkpoint !== 1 ||
    !content.model ||
    !content.trainer ||
    !content.progress ||
    !content.generator
  ) {
    throw new GoogLeNetError('INVALID_CHECKPOINT', `${path} is not a training checkpoint of this package.`);
  }
  return { ...(content as Content), tensors: header.tensors };
}

export async function loadCheckpoint(
  path: string,
  { model }: Training,
  trainer: NativeTrainer,
): Promise<{ progress: Progress; hasMomentum: boolean }> {
  const native = nativeOf(model);
  const { tensors, progress, generator } = await readCheckpoint(path);
  const weights = withoutPrefix(tensors, MODEL_PREFIX);
  const momentum = withoutPrefix(tensors, MOMENTUM_PREFIX);
  // Everything is compared before anything is changed.
  assertMatch(compareTensors(native.tensors(), weights), true, path);
  const hasMomentum = momentum.length > 0;
  if (hasMomentum) assertMatch(compareTensors(trainer.tensors(), momentum), true, `the optimiser in ${path}`);

  await call(() => native.setGeneratorState({ state: Buffer.from(generator, 'base64') }));
  await call(() => native.restore({ source: { path }, spans: weights }));
  if (hasMomentum) await call(() => trainer.restore({ source: { path }, spans: momentum }));
  return { progress, hasMomentum };
}
