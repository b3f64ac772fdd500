/** Where in an image a network sees a class: Grad-CAM over the image. */

import { GoogLeNetError } from '../core/errors.js';
import type { Images, Tensor } from '../core/tensor.js';
import { integer, readOptions, string } from '../core/validation.js';
import { isSameClass } from '../data/class-names.js';
import type { DecodeImageOptions } from '../data/decode.js';
import { loadSharp } from '../data/sharp.js';
import type { CallOptions } from '../native/call-queue.js';
import { assertClassifier, type Classifier, INFER } from './classifier.js';
import { type ImageInput, LOADING_OPTIONS, loadImages } from './image-input.js';
import { softmax } from './top-k.js';

/** A classifier with gradients: a model, and no engine. */
export interface GradCamClassifier extends Classifier {
  /** The module whose activations are explained by default. */
  readonly targetLayer: string;
  gradCam(
    images: Images,
    classes: readonly number[],
    targetLayer?: string,
    options?: CallOptions,
  ): Promise<Tensor>;
}

export interface ExplainOptions extends DecodeImageOptions {
  /** A class by its name or index; default the most likely one. */
  class?: string | number;
  /** A module whose output has spatial positions; default the last one. */
  targetLayer?: string;
}

export interface Explanation {
  label: string;
  index: number;
  /** Of that class, by softmax. */
  probability: number;
  /** The image as the network sees it, and beside it the same with the places that speak for the class, brighter the more they do. */
  png: Uint8Array;
}

/** From nothing to everything: dark blue, purple, orange, yellow, which are told apart in gray too. */
const STOPS = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

/** How much of the image the brightest places hide. */
const OPACITY = 0.7;
const GAP = 8;

/**
 * @param source a path or an encoded image.
 * @throws GoogLeNetError as `classify` and `gradCam`; `INVALID_ARGUMENT` for a class that the model does not have; `DIVERGED` for logits
 * that are no numbers
 */
export async function explain(
  model: GradCamClassifier,
  source: ImageInput,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const read = readOptions('options', options, [
    'class',
    'targetLayer',
    ...LOADING_OPTIONS,
  ]) as ExplainOptions;
  const { class: wanted, targetLayer, ...loading } = read;
  assertClassifier('model', model);
  if (targetLayer !== undefined) string('targetLayer', targetLayer);
  const images = await loadImages([source], loading);
  const probabilities = await probabilitiesOf(model, images, loading.signal);
  const index = indexOf(model, wanted, probabilities);
  const { signal } = loading;
  const { data, shape } = await model.gradCam(images, [index], targetLayer, { signal });
  const [, height = 0, width = 0] = shape;
  const [, side = 0] = images.shape;
  return {
    label: model.classes?.[index] ?? String(index),
    index,
    probability: probabilities[index] ?? 0,
    png: await drawn(images.data as Uint8Array, side, await enlarged(data, height, width, side)),
  };
}

async function probabilitiesOf(
  model: GradCamClassifier,
  images: Images,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const [{ data }] = await model[INFER](images, signal);
  const probabilities = softmax(data);
  if (!probabilities.some(Number.isNaN)) return probabilities;
  const message = 'The logits of the image are NaN: the weights were spoiled by a run that diverged.';
  throw new GoogLeNetError('DIVERGED', message);
}

function indexOf(
  { classes, numClasses }: GradCamClassifier,
  wanted: string | number | undefined,
  probabilities: Float64Array,
): number {
  if (wanted === undefined) return probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
  const named =
    typeof wanted === 'string' ? (classes?.findIndex((name) => isSameClass(name, wanted)) ?? -1) : -1;
  if (named >= 0) return named;
  if (typeof wanted === 'string' && !/^\d+$/.test(wanted)) {
    const known =
      classes === undefined
        ? 'It has no names of classes; give an index.'
        : `It has ${classes.slice(0, 10).join(', ')}${classes.length > 10 ? ', …' : '.'}`;
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `The model has no class ${JSON.stringify(wanted)}. ${known}`,
    );
  }
  return integer('class', typeof wanted === 'string' ? Number(wanted) : wanted, 0, numClasses - 1);
}

/** The map at the size of the image, in [0, 255]. */
async function enlarged(map: Float32Array, height: number, width: number, side: number): Promise<Uint8Array> {
  const highest = map.reduce((a, b) => Math.max(a, b), 0);
  const gray = Uint8Array.from(map, (value) => (highest > 0 ? Math.round((255 * value) / highest) : 0));
  return loadSharp()(gray, { raw: { width, height, channels: 1 } })
    .resize(side, side, { kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
}

/** Between two stops. */
function colorAt(heat: number): [number, number, number] {
  const position = (heat / 255) * (STOPS.length - 1);
  const i = Math.min(Math.floor(position), STOPS.length - 2);
  const [from, to] = [STOPS[i] ?? STOPS[0], STOPS[i + 1] ?? STOPS[0]];
  const between = (channel: 0 | 1 | 2) => from[channel] + (to[channel] - from[channel]) * (position - i);
  return [between(0), between(1), between(2)];
}

async function drawn(image: Uint8Array, side: number, heat: Uint8Array): Promise<Uint8Array> {
  const overlay = new Uint8Array(image.length);
  for (const [i, value] of heat.entries()) {
    const color = colorAt(value);
    const opacity = (OPACITY * value) / 255;
    for (const channel of [0, 1, 2] as const) {
      const at = 3 * i + channel;
      overlay[at] = Math.round((image[at] ?? 0) * (1 - opacity) + color[channel] * opacity);
    }
  }
  const raw = { width: side, height: side, channels: 3 } as const;
  const background = { r: 255, g: 255, b: 255 };
  return loadSharp()({ create: { width: 2 * side + GAP, height: side, channels: 3, background } })
    .composite([
      { input: Buffer.from(image), raw, left: 0, top: 0 },
      { input: Buffer.from(overlay), raw, left: side + GAP, top: 0 },
    ])
    .removeAlpha()
    .png()
    .toBuffer();
}
