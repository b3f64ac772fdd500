import { GoogLeNetError } from '../core/errors.js';
import { boolean, number, path as readPath, string } from '../core/validation.js';
import type { StoredTensor } from '../formats/format.js';
import { SAFETENSORS } from '../formats/safetensors.js';
import { WeightsFile } from '../formats/weights-file.js';
import type { ModelDescription } from '../models/description.js';
import { type ImageClassifier, nativeOf } from '../models/image-classifier.js';
import { MODEL_PREFIX, modelIn, toMetadata, withoutPrefix } from '../models/stored-architecture.js';
import type { NativeTrainer } from '../native/binding-types.js';
import { call } from '../native/call.js';
import { assertMatch, compareTensors } from '../weights/compare.js';
import { readStored } from '../weights/load.js';
import { type StoredGroup, saveFile, storedGroup } from '../weights/save.js';
import type { StateDict } from '../weights/state-dict.js';
import { readTrainerConfig, type TrainerConfig } from './config.js';
import { readTrainState, type TrainState } from './train-state.js';

const MOMENTUM_PREFIX = 'optimizer.momentum.';
const EMA_PREFIX = 'ema.';
const BEST_PREFIX = 'best.';

/** Counts up when a checkpoint says something else than before. */
const FORMAT = 3;

/** For the key of the metadata and the padding of the header. */
const SPARE_BYTES = 64;

/** What a checkpoint holds besides its tensors. */
export interface Checkpoint {
  model: ModelDescription;
  trainer: TrainerConfig;
  state: TrainState;
  /** What the validation gave these very weights, the higher the better; null where none was made. */
  score: number | null;
}

/** The part of the file that is not tensors. */
interface Content extends Checkpoint {
  checkpoint: typeof FORMAT;
  /** State of the model's random numbers, base64. */
  generator: string;
  /** False before the first step, which initializes momentum and the EMA. */
  hasMomentum: boolean;
  hasEma: boolean;
}

interface Training {
  readonly model: ImageClassifier;
  readonly config: TrainerConfig;
  readonly state: TrainState;
  readonly bestWeights: StateDict | null;
}

/** @internal */
export async function saveCheckpoint(
  path: string,
  training: Training,
  trainer: NativeTrainer,
  score: Checkpoint['score'] = null,
): Promise<void> {
  const { model, config, state } = training;
  const native = nativeOf(model);
  const described: Checkpoint = {
    model: model.describe(),
    trainer: config,
    state,
    score: readScore(score),
  };
  const content = async (room: number) => {
    const [generatorState, hasMomentum, hasEma, areFinite] = await Promise.all([
      call(() => native.generatorState()),
      call(() => trainer.hasMomentum()),
      call(() => trainer.hasEma()),
      call(() => trainer.isFinite()),
    ]);
    if (!areFinite) throw diverged(state);
    const generator = Buffer.from(generatorState).toString('base64');
    const all: Content = { checkpoint: FORMAT, ...described, generator, hasMomentum, hasEma };
    return toMetadata(withRoom(all, room));
  };
  await saveFile(readPath('path', path), groupsOf(training, trainer), content);
}

/** What a value takes in a header, where its JSON is a text within JSON. */
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(JSON.stringify(value)));

/** Many names of classes leave less room for the history, of which the oldest epochs are left out then. */
function withRoom(content: Content, room: number): Content {
  const { history, ...state } = content.state;
  let left = room - bytesOf({ ...content, state: { ...state, history: [] } }) - SPARE_BYTES;
  let first = history.length;
  for (; first > 0; first--) {
    left -= bytesOf(history[first - 1]);
    if (left < 0) break;
  }
  return { ...content, state: { ...state, history: history.slice(first) } };
}

function groupsOf({ model, config, state, bestWeights }: Training, trainer: NativeTrainer): StoredGroup[] {
  const native = nativeOf(model);
  const parameters = trainer.tensors();
  const groups: StoredGroup[] = [
    { prefix: MODEL_PREFIX, tensors: native.tensors(), copy: native.snapshot.bind(native) },
    { prefix: MOMENTUM_PREFIX, tensors: parameters, copy: trainer.snapshot.bind(trainer) },
  ];
  if (config.emaDecay !== null) {
    const copy = trainer.snapshotEma.bind(trainer);
    groups.push({ prefix: EMA_PREFIX, tensors: parameters, copy });
  }
  if (state.best !== null && bestWeights !== null) groups.push(storedGroup(BEST_PREFIX, bestWeights));
  return groups;
}

/** A checkpoint with weights that are no numbers would replace the last one that can be resumed from. */
function diverged({ globalStep }: TrainState): GoogLeNetError {
  const message = `The weights are NaN or infinite after step ${globalStep}, so no checkpoint was written.`;
  const fix = 'Resume from an earlier checkpoint with a lower learning rate, and look for broken images.';
  return new GoogLeNetError('DIVERGED', `${message} ${fix}`);
}

/**
 * A checkpoint, opened once: what it says is read when it is opened, and weights follow from the same descriptor, so that they are those
 * of the same file although a run may replace it meanwhile.
 * @internal
 */
export class OpenCheckpoint implements Checkpoint {
  readonly path: string;
  readonly model: ModelDescription;
  readonly trainer: TrainerConfig;
  readonly state: TrainState;
  readonly score: Checkpoint['score'];
  readonly #file: WeightsFile;
  readonly #content: Content;

  private constructor(file: WeightsFile, content: Content) {
    this.path = file.path;
    this.model = content.model;
    this.trainer = content.trainer;
    this.state = content.state;
    this.score = content.score;
    this.#file = file;
    this.#content = content;
  }

  /** @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_WEIGHTS`, `INVALID_CHECKPOINT` */
  static async open(path: string): Promise<OpenCheckpoint> {
    const file = await WeightsFile.open(readPath('path', path), { format: SAFETENSORS });
    try {
      return new OpenCheckpoint(file, readContent(file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Reads every byte, once. @throws GoogLeNetError `FILE_ERROR`, `INVALID_WEIGHTS` where bytes are missing or damaged */
  verify(): Promise<void> {
    return this.#file.verify();
  }

  /**
   * Puts everything into a model and its trainer; all of it or, after an error, nothing.
   * @throws GoogLeNetError as `verify`; `WEIGHTS_MISMATCH`, `INVALID_CHECKPOINT`
   */
  async restore(
    { model, config }: Training,
    trainer: NativeTrainer,
  ): Promise<{ state: TrainState; bestWeights: StateDict | null }> {
    const file = this.#file;
    const content = this.#content;
    const { path } = file;
    await file.verify();
    const native = nativeOf(model);
    const weights = withoutPrefix(file.tensors, MODEL_PREFIX);
    const momentum = withoutPrefix(file.tensors, MOMENTUM_PREFIX);
    // A trainer without an EMA has no use for a stored one.
    const hasEma = content.hasEma && config.emaDecay !== null;
    const ema = hasEma ? withoutPrefix(file.tensors, EMA_PREFIX) : [];
    const best = withoutPrefix(file.tensors, BEST_PREFIX);
    // Everything is compared before anything is changed.
    assertSameNetwork(content.model, model, path);
    assertMatch(compareTensors(native.tensors(), weights), true, path);
    const frozen = ' Give the trainer the `freeze` that the run began with.';
    assertMatch(compareTensors(trainer.tensors(), momentum), true, `the optimizer in ${path}`, frozen);
    if (hasEma) {
      assertMatch(compareTensors(trainer.tensors(), ema), true, `the EMA weights in ${path}`);
    }
    if ((content.state.best !== null) !== best.length > 0) throw incomplete(path);
    if (best.length > 0) {
      assertMatch(compareTensors(native.tensors(), best), true, `the best weights in ${path}`);
    }
    const bestWeights = best.length > 0 ? await readStored(file, best) : null;

    const { hasMomentum } = content;
    const generator = Buffer.from(content.generator, 'base64');
    const { fd } = weights[0] as StoredTensor;
    await call(() =>
      trainer.resume({
        source: { fd, path },
        ...{ weights, momentum, hasMomentum, ema, hasEma, generator },
      }),
    );
    return { state: content.state, bestWeights };
  }

  /** Calling it again does nothing. */
  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens a checkpoint, and closes it after `use`.
 * @throws as `OpenCheckpoint.open`; what `use` throws
 * @internal
 */
export async function withCheckpoint<T>(
  path: string,
  use: (checkpoint: OpenCheckpoint) => Promise<T>,
): Promise<T> {
  const checkpoint = await OpenCheckpoint.open(path);
  try {
    return await use(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

/**
 * What a checkpoint says, read without touching a model; for building model and trainer from it.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `INVALID_CHECKPOINT`
 */
export const readCheckpoint = (path: string): Promise<Checkpoint> =>
  withCheckpoint(path, async ({ model, trainer, state, score }) => ({ model, trainer, state, score }));

/**
 * Reads every byte of a checkpoint.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_WEIGHTS` where bytes are missing or damaged, `INVALID_CHECKPOINT`
 */
export const checkCheckpoint = (path: string): Promise<void> =>
  withCheckpoint(path, (checkpoint) => checkpoint.verify());

/** What no tensor shows, and what gives other numbers. */
const UNSEEN = ['transformInput', 'order', 'reluBetween'] as const;

function assertSameNetwork(stored: ModelDescription, model: ImageClassifier, path: string): void {
  const own: Partial<Record<string, unknown>> = { ...model.describe() };
  const theirs: Partial<Record<string, unknown>> = { ...stored };
  const other = UNSEEN.find((name) => theirs[name] !== undefined && theirs[name] !== own[name]);
  if (other === undefined) return;
  const message = `The model in ${path} has ${other} ${theirs[other]}, this one ${own[other]}. Build it as that one is.`;
  throw new GoogLeNetError('WEIGHTS_MISMATCH', message);
}

const incomplete = (path: string) =>
  new GoogLeNetError(
    'INVALID_CHECKPOINT',
    `${path} lacks the weights of its best epoch. Use an earlier one.`,
  );

/** Whether a file's own metadata is that of a checkpoint which {@link readCheckpoint} reads. */
export const isCheckpoint = (content: Record<string, unknown>): boolean => content.checkpoint === FORMAT;

/**
 * What the file says besides its tensors. Checked in full: it may be damaged or written by another program.
 * @throws GoogLeNetError `INVALID_WEIGHTS`, `INVALID_CHECKPOINT`
 * @internal
 */
export function readContent(file: WeightsFile): Content {
  const { path } = file;
  const { description, content } = modelIn(file);
  if (!isCheckpoint(content)) {
    const what =
      content.checkpoint === undefined ? 'no training checkpoint' : 'a checkpoint of another version';
    const fix = 'Start a new run from its weights';
    throw new GoogLeNetError('INVALID_CHECKPOINT', `${path} is ${what} of this package. ${fix}.`);
  }
  try {
    return {
      checkpoint: FORMAT,
      model: description,
      trainer: readTrainerConfig(content.trainer),
      state: readTrainState(content.state),
      score: readScore(content.score ?? null),
      generator: string('generator', content.generator),
      hasMomentum: boolean('hasMomentum', content.hasMomentum),
      hasEma: boolean('hasEma', content.hasEma),
    };
  } catch (cause) {
    const { message } = cause as Error;
    throw new GoogLeNetError('INVALID_CHECKPOINT', `The metadata of ${path} is damaged: ${message}`, {
      cause,
    });
  }
}

const readScore = (value: unknown): Checkpoint['score'] => (value === null ? null : number('score', value));
