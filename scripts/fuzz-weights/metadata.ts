/** What this package keeps as JSON in the metadata of its own files, with any of its values replaced. */
import type { Dice } from './dice.js';
import { type Header, json, LARGE, safetensorsOf } from './json-headers.js';

const SCORES = {
  loss: 1,
  mainLoss: 1,
  aux1Loss: null,
  aux2Loss: null,
  top1: 1,
  top5: 1,
  aux1Top1: null,
  aux2Top1: null,
};
const SUMS = [
  'count',
  'loss',
  'mainLoss',
  'aux1Loss',
  'aux2Loss',
  'correct',
  'correctTop5',
  'aux1Correct',
  'aux2Correct',
];

const CHECKPOINT = {
  checkpoint: 3,
  model: { classes: ['a', 'b'], dropout: 0.4, dropoutAux: 0.7, transformInput: false },
  trainer: {
    optimizer: { lr: 0.1, momentum: 0.9 },
    schedule: { stepSize: 8, gamma: 0.96 },
    classWeights: [1, 2],
    freeze: ['fc'],
  },
  state: {
    ...{ epoch: 1, step: 0, globalStep: 1, skipped: 0, batches: { seed: '0' } },
    metrics: Object.fromEntries(SUMS.map((name) => [name, 0])),
    best: { epoch: 1, score: 1, metric: 'top1' },
    history: [
      {
        epoch: 1,
        step: 1,
        lr: 0.1,
        skipped: 0,
        seconds: 1,
        imagesPerSecond: 1,
        train: SCORES,
        validation: SCORES,
      },
    ],
  },
  ...{ score: 1, generator: 'AAAA', hasMomentum: false, hasEma: false },
};

const layer = { channel: 0, stride: 1, padding: 0, ceil: false, relu: false, side: 0, alpha: 0, k: 0 };
const PLAN = {
  format: 1,
  model: { numClasses: 2, classes: ['a', 'b'], inputSizes: { min: 1, max: 64, reason: 'it is small' } },
  network: {
    precision: 'float32',
    values: [3, 4, 4, 2].map((channels) => ({ channels, scale: 0 })),
    layers: [
      { ...layer, name: 'conv', kind: 'convolution', input: 0, output: 1, outputs: 4, window: 1, relu: true },
      { ...layer, name: 'average', kind: 'average', input: 1, output: 2, outputs: 4, window: 0, side: 1 },
      { ...layer, name: 'fc', kind: 'convolution', input: 2, output: 3, outputs: 2, window: 1 },
    ],
    ...{ heads: [3], imageScale: [1, 1, 1], imageShift: [0, 0, 0] },
  },
};

/** A tensor of floats, which a header and its data have room for one after the other. */
type Shapes = Readonly<Record<string, readonly number[]>>;
const MODEL: Shapes = { 'conv1.conv.weight': [1], 'fc.weight': [2, 1] };
const WEIGHTS: Shapes = {
  'conv.weight': [4, 3, 1, 1],
  'conv.bias': [4],
  'fc.weight': [2, 4, 1, 1],
  'fc.bias': [2],
};

function fileOf(key: string, content: string, shapes: Shapes): Buffer {
  let offset = 0;
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const begin = offset;
    offset += 4 * shape.reduce((a, b) => a * b);
    return `"${name}":{"dtype":"F32","shape":[${shape}],"data_offsets":[${begin},${offset}]}`;
  });
  return safetensorsOf(`{"__metadata__":{"${key}":${JSON.stringify(content)}},${tensors}}`, offset);
}

export const checkpointOf = (content: string = JSON.stringify(CHECKPOINT)): Buffer =>
  fileOf('googlenet', content, MODEL);
export const planOf = (content = JSON.stringify(PLAN)): Buffer => fileOf('googlenet_plan', content, WEIGHTS);

/** Stands where a text of JSON goes. */
const HOLE = 'the value that is replaced';

/** One value of an object, at any depth, becomes another. */
function replaced(original: object, value: string, dice: Dice): string {
  const copy = structuredClone(original);
  let place = copy as Record<string, unknown>;
  for (;;) {
    const key = dice.pick(Object.keys(place));
    const inner = place[key];
    if (typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0 && !dice.once(4)) {
      place = inner as Record<string, unknown>;
      continue;
    }
    place[key] = HOLE;
    // A function, because a text would have meaning in its dollars.
    return JSON.stringify(copy).replace(JSON.stringify(HOLE), () => value);
  }
}

const kinds = (original: object, fileOf: (content: string) => Buffer): Readonly<Record<string, Header>> => ({
  'any value': (dice) => fileOf(replaced(original, json(dice), dice)),
  'a number': (dice) =>
    fileOf(replaced(original, dice.pick(['-1', '0.5', '1e400', String(dice.extreme())]), dice)),
  'a large value': (dice, bytes) => fileOf(replaced(original, dice.pick(LARGE)(dice, bytes / 2), dice)),
  'a deep value': (dice) => {
    const depth = 10 * 2 ** dice.below(15);
    return fileOf(replaced(original, `${'['.repeat(depth)}${']'.repeat(depth)}`, dice));
  },
  'any JSON': (dice, bytes) => fileOf(dice.once(2) ? json(dice) : dice.pick(LARGE)(dice, bytes / 2)),
});

export const CHECKPOINTS = kinds(CHECKPOINT, checkpointOf);
export const PLANS = kinds(PLAN, planOf);
