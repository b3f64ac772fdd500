import {
  type Dataset,
  type FitEvent,
  type FitOptions,
  type FitResult,
  GoogLeNet,
  type ImageClassifier,
  type StateDict,
  type StateTensor,
  setNumThreads,
  Trainer,
  type TrainerOptions,
} from '../../src/index';
import type { TrainingSource } from '../../src/train/datasets';
import { compareBits } from './bits';

/** Height and width of the images of {@link fit}: no smaller, since BatchNorm wants more than one value a channel, of one image too. */
export const SIZE = 64;

export const SMALL = { batchSize: 2, resize: SIZE, crop: SIZE } as const;

/**
 * The variant that takes small images: how a run goes does not depend on their size, and the time of a test does. One thread: two of
 * them wait for each other by spinning, which takes ten times as long where a core is taken.
 */
export function build(options: TrainerOptions = {}, seed = 1): { model: GoogLeNet; trainer: Trainer } {
  setNumThreads(1);
  const model = new GoogLeNet({
    variant: 'torchvision',
    numClasses: 2,
    auxLogits: false,
    initWeights: false,
    seed,
  });
  return { model, trainer: new Trainer(model, options) };
}

/** Events of one type. */
export type Of<T extends FitEvent['type']> = Extract<FitEvent, { type: T }>;

export interface Fitted {
  events: FitEvent[];
  of<T extends FitEvent['type']>(type: T): Of<T>[];
  /** The types of the events, steps as their numbers. */
  order: (string | number)[];
  result: FitResult;
}

/** Trains to the end. @param look is called with each event, before the loop goes on. */
export async function fit(
  trainer: Trainer,
  source: TrainingSource,
  options: FitOptions,
  look: (event: FitEvent) => unknown = () => undefined,
): Promise<Fitted> {
  const events: FitEvent[] = [];
  const loop = trainer.fit(source, { ...SMALL, ...options });
  for (;;) {
    const { done, value } = await loop.next();
    if (done) {
      const of = <T extends FitEvent['type']>(type: T) =>
        events.filter((event) => event.type === type) as Of<T>[];
      const order = events.map((event) => (event.type === 'step' ? event.step : event.type));
      return { events, of, order, result: value };
    }
    events.push(value);
    await look(value);
  }
}

/** Weights of a run that nothing disturbs. */
export async function weightsAfter(
  source: TrainingSource,
  options: FitOptions,
  trainerOptions: TrainerOptions = {},
): Promise<StateDict> {
  const { model, trainer } = build(trainerOptions);
  await fit(trainer, source, options);
  const state = await model.stateDict();
  model.dispose();
  return state;
}

export async function expectSameWeights(model: ImageClassifier, expected: StateDict): Promise<void> {
  expect(compareBits(await model.stateDict(), expected)).toMatchObject({ differing: 0 });
}

export async function expectOtherWeights(model: ImageClassifier, expected: StateDict): Promise<void> {
  const state = await model.stateDict();
  const bytes = ({ data }: StateTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const isSame = (name: string, tensor: StateTensor) =>
    state[name] && bytes(state[name]).equals(bytes(tensor));
  expect(Object.entries(expected).every(([name, tensor]) => isSame(name, tensor))).toBe(false);
}

/** What a run has learnt of a time that is the same however often it is run. */
export const untimed = (history: FitResult['history']) =>
  history.map(({ seconds: _, imagesPerSecond: __, ...summary }) => summary);

/** Images of another source with other labels. */
export const relabelled = (dataset: Dataset, label: (index: number) => number): Dataset => ({
  length: dataset.length,
  classes: dataset.classes,
  label,
  image: (index) => dataset.image(index),
});
