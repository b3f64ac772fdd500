/** What a validation found, with small copies of the pictures it is about. */
import type { Dataset, Picture } from '../../data/dataset.js';
import { withPixels } from '../../data/decode.js';
import type { PicturePrediction, ValidationRecord } from '../../run/records/validation-record.js';
import type { EpochEvent } from '../../train/fit.js';
import type { Prediction, Validation } from '../../train/validation.js';

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
  // Some pictures are in both lists and in the lists of the epoch before; none is worth keeping in memory.
  const show = async (predictions: readonly Prediction[]): Promise<PicturePrediction[]> => {
    const shown: PicturePrediction[] = [];
    for (const prediction of predictions) {
      // A model whose weights are NaN predicts nothing; saving its checkpoint says so.
      if (Number.isFinite(prediction.probability)) shown.push(await withPicture(prediction, dataset));
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

async function withPicture(
  { index, ...prediction }: Prediction,
  dataset: Dataset,
): Promise<PicturePrediction> {
  const name = dataset.name?.(index) ?? `picture ${index}`;
  const picture = await thumbnail(await dataset.image(index), name);
  return { name, ...prediction, picture };
}

async function thumbnail(picture: Picture, name: string): Promise<string> {
  // Pixel art stays sharp when it is made larger.
  const kernel = Math.max(picture.width, picture.height) < EDGE ? 'nearest' : 'lanczos3';
  const encoded = await withPixels(picture, name, (image) =>
    image
      .resize(EDGE, EDGE, { fit: 'contain', background: '#808080', kernel })
      .webp({ quality: 80 })
      .toBuffer(),
  );
  return `data:image/webp;base64,${encoded.toString('base64')}`;
}
