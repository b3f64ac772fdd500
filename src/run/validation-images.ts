/** What a validation found, with small copies of the images it is about. */
import type { Dataset, RawImage } from '../data/dataset.js';
import { withPixels } from '../data/decode.js';
import type { EpochEvent } from '../train/fit-events.js';
import type { Prediction, Validation } from '../train/validation.js';
import type { ImagePrediction, ValidationRecord } from './records/validation-record.js';

/** Edge of the copies in pixels: legible, and a few kilobytes each. */
const EDGE = 96;

/** @returns null for so many classes that nobody could read their confusion. */
export async function validationRecord(
  event: EpochEvent,
  validation: Validation,
  dataset: Dataset,
): Promise<ValidationRecord | null> {
  const { confusion, mistakes, samples } = validation;
  if (confusion === null) return null;
  // Some images are in both lists and in the lists of the epoch before; none is worth keeping in memory.
  const show = async (predictions: readonly Prediction[]): Promise<ImagePrediction[]> => {
    const shown: ImagePrediction[] = [];
    for (const prediction of predictions) {
      // A model whose weights are NaN predicts nothing; saving its checkpoint says so.
      if (Number.isFinite(prediction.probability)) shown.push(await withImage(prediction, dataset));
    }
    return shown;
  };
  return {
    epoch: event.epoch,
    step: event.step,
    classes: [...dataset.classes],
    confusion: confusion.map((row) => [...row]),
    mistakes: await show(mistakes),
    samples: await show(samples),
  };
}

async function withImage({ index, ...prediction }: Prediction, dataset: Dataset): Promise<ImagePrediction> {
  const name = dataset.name?.(index) ?? `image ${index}`;
  const image = await thumbnail(await dataset.image(index), name);
  return { name, ...prediction, image };
}

async function thumbnail(image: RawImage, name: string): Promise<string> {
  // Pixel art stays sharp when it is made larger.
  const kernel = Math.max(image.width, image.height) < EDGE ? 'nearest' : 'lanczos3';
  const encoded = await withPixels(image, name, (image) =>
    image
      .resize(EDGE, EDGE, { fit: 'contain', background: '#808080', kernel })
      .webp({ quality: 80 })
      .toBuffer(),
  );
  return `data:image/webp;base64,${encoded.toString('base64')}`;
}
