/** `googlenet train` without flags does what the library does without options: one table has the defaults of both. */
import type { Datasets } from '../../src/cli/train/data.js';
import { buildModel } from '../../src/cli/train/model.js';
import { fitOptions, trainerOptions } from '../../src/cli/train/options.js';
import { ArrayDataset, GoogLeNet, type ImageClassifier, Trainer, Xception } from '../../src/index.js';
import { DEFAULTS, type TrainingSettings } from '../../src/run/settings.js';
import { readTrainerConfig } from '../../src/train/config.js';
import { readFitOptions } from '../../src/train/fit-options.js';
import { SCHEDULES } from '../../src/train/schedule.js';
import { compareBits } from '../support/bits.js';

const classes = ['cat', 'dog'];
const train = new ArrayDataset({
  images: { data: new Uint8Array(2 * 8 * 8), shape: [2, 8, 8] },
  labels: [0, 1],
  classes,
});

/** As the command begins; the device is the one thing that it looks for. */
const commandsModel = (changed: Partial<TrainingSettings>) => {
  const settings = { ...DEFAULTS, device: 'cpu', ...changed };
  return buildModel({ run: { settings, classes }, weights: null, checkpoint: null } as never);
};

const described = (model: ImageClassifier) => ({ ...model.describe(), channelsLast: model.channelsLast });

/** How many of all weights differ. */
const differing = async (a: ImageClassifier, b: ImageClassifier): Promise<number> =>
  compareBits(await a.stateDict(), await b.stateDict()).differing;

test.each([
  ['GoogLeNet', {}, () => new GoogLeNet({ classes, numClasses: 2, seed: 0 })],
  [
    'torchvision',
    { architecture: 'torchvision' },
    () => new GoogLeNet({ variant: 'torchvision', classes, numClasses: 2, seed: 0 }),
  ],
  ['Xception', { architecture: 'xception' }, () => new Xception({ classes, numClasses: 2, seed: 0 })],
] as const)(
  'The command builds the %s of the constructor: heads, initial weights, memory format',
  async (_, changed, build) => {
    using ours = build();
    using commands = await commandsModel(changed);
    expect(described(commands)).toEqual(described(ours));
    expect(await differing(commands, ours)).toBe(0);
  },
);

test('A model is drawn by Xavier and lies channels-last unless something else is asked for', async () => {
  using usual = new GoogLeNet({ numClasses: 2, auxLogits: false, seed: 1 });
  using stated = new GoogLeNet({
    numClasses: 2,
    auxLogits: false,
    seed: 1,
    initWeights: true,
    channelsLast: true,
  });
  using python = new GoogLeNet({
    numClasses: 2,
    auxLogits: false,
    seed: 1,
    initWeights: false,
    channelsLast: false,
  });
  expect(await differing(usual, stated)).toBe(0);
  expect(await differing(usual, python)).toBeGreaterThan(1e6);
  expect([usual, stated, python].map(({ channelsLast }) => channelsLast)).toEqual([true, true, false]);
});

test('The command trains with the Trainer’s own optimizer, schedule and loss', () => {
  expect(readTrainerConfig(trainerOptions(DEFAULTS, train))).toEqual(readTrainerConfig({}));
  for (const schedule of SCHEDULES) {
    const { schedule: commands } = readTrainerConfig(trainerOptions({ ...DEFAULTS, schedule }, train));
    expect(commands).toEqual(readTrainerConfig({ schedule: { type: schedule } }).schedule);
  }
});

test('The command makes the batches, and keeps the checkpoints, that fit does', () => {
  using model = new GoogLeNet({ numClasses: 2, auxLogits: false, seed: 1 });
  const trainer = new Trainer(model);
  const datasets = { train, validation: train } as unknown as Datasets;
  const commands = readFitOptions(
    { ...fitOptions({ ...DEFAULTS, patience: 2 }, datasets), checkpointDir: 'runs' },
    train,
    trainer,
  );
  const given = {
    epochs: DEFAULTS.epochs ?? 0,
    checkpointDir: 'runs',
    validation: train,
    earlyStopping: { patience: 2 },
  };
  const library = readFitOptions(given, train, trainer);
  expect(commands.loader.plan).toEqual(library.loader.plan);
  expect({ ...commands, loader: null }).toEqual({ ...library, loader: null });
});
