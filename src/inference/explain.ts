/** Where in an image a model sees a class: Grad-CAM over the image. */

import { GoogLeNetError } from '../core/errors.js';
import type { Images, Tensor } from '../core/tensor.js';
import { integer, readOptions, string } from '../core/validation.js';
import { isSameClass } from '../data/class-names.js';
import type { DecodeImageOptions } from '../data/decode.js';
import type { CallOptions } from '../native/call-queue.js';
import { assertClassifier, type Classifier, INFER } from './classifier.js';
import { explanationImage } from './explanation-image.js';
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
  /** The module whose activations and gradients the heat map is computed from. */
  targetLayer: string;
  /**
   * An image with a caption: class, probability and target layer; the image as the model sees it; and next to it the same with a heat map
   * and its color scale. The brighter a spatial position, the more it speaks for the class, relative to the strongest one.
   */
  png: Uint8Array;
}

/**
 * @param source a path or an encoded image.
 * @throws GoogLeNetError as `classify` and `gradCam`; `INVALID_ARGUMENT` for a class that the model does not have; `DIVERGED` for logits
 * that are NaN
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
  const { class: chosen, targetLayer, ...loading } = read;
  assertClassifier('model', model);
  if (targetLayer !== undefined) string('targetLayer', targetLayer);
  const images = await loadImages([source], loading);
  const probabilities = await probabilitiesOf(model, images, loading.signal);
  const index = indexOf(model, chosen, probabilities);
  const { signal } = loading;
  const { data, shape } = await model.gradCam(images, [index], targetLayer, { signal });
  const [, height = 0, width = 0] = shape;
  const [, size = 0] = images.shape;
  const label = model.classes?.[index] ?? String(index);
  const probability = probabilities[index] ?? 0;
  const layer = targetLayer ?? model.targetLayer;
  const png = await explanationImage({
    image: { pixels: images.data as Uint8Array, size },
    heat: { values: data, height, width },
    title: model.classes ? label : `class ${label}`,
    probability,
    targetLayer: layer,
  });
  return { label, index, probability, targetLayer: layer, png };
}

async function probabilitiesOf(
  model: GradCamClassifier,
  images: Images,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const [{ data }] = await model[INFER](images, signal);
  const probabilities = softmax(data);
  if (!probabilities.some(Number.isNaN)) return probabilities;
  const message = 'The logits of the image are NaN: the weights come from a run that diverged.';
  throw new GoogLeNetError('DIVERGED', message);
}

function indexOf(
  { classes, numClasses }: GradCamClassifier,
  chosen: string | number | undefined,
  probabilities: Float64Array,
): number {
  if (chosen === undefined) return probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
  const named =
    typeof chosen === 'string' ? (classes?.findIndex((name) => isSameClass(name, chosen)) ?? -1) : -1;
  if (named >= 0) return named;
  if (typeof chosen === 'string' && !/^\d+$/.test(chosen)) {
    const known =
      classes === undefined
        ? 'It has no names of classes; give an index.'
        : `It has ${classes.slice(0, 10).join(', ')}${classes.length > 10 ? ', …' : '.'}`;
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `The model has no class ${JSON.stringify(chosen)}. ${known}`,
    );
  }
  return integer('class', typeof chosen === 'string' ? Number(chosen) : chosen, 0, numClasses - 1);
}
