import type { PicturePrediction, ValidationRecord } from '../report/validation-record.js';
import { integer, invalid, number, object } from '../validate.js';

/** @throws GoogLeNetError `INVALID_ARGUMENT` naming the field that is missing or wrong. */
export function checkValidation(value: unknown): ValidationRecord {
  const record = object('validation', value);
  const { classes, confusion, mistakes, samples } = record;
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === 'string')) {
    throw invalid('classes', 'an array of names', classes);
  }
  return {
    epoch: integer('epoch', record.epoch, 0),
    step: integer('step', record.step, 0),
    classes,
    confusion: checkConfusion(confusion, classes.length),
    mistakes: checkPictures('mistakes', mistakes, classes.length),
    samples: checkPictures('samples', samples, classes.length),
  };
}

function checkConfusion(value: unknown, size: number): number[][] {
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) >= 0;
  const isRow = (row: unknown) => Array.isArray(row) && row.length === size && row.every(isCount);
  if (!Array.isArray(value) || value.length !== size || !value.every(isRow)) {
    throw invalid('confusion', `${size} rows of ${size} counts`, value);
  }
  return value as number[][];
}

function checkPictures(name: string, value: unknown, classes: number): PicturePrediction[] {
  if (!Array.isArray(value)) throw invalid(name, 'an array', value);
  return value.map((entry, i) => checkPicture(`${name}[${i}]`, entry, classes));
}

function checkPicture(name: string, value: unknown, classes: number): PicturePrediction {
  const entry = object(name, value);
  const { name: title, picture } = entry;
  if (typeof title !== 'string') throw invalid(`${name}.name`, 'a text', title);
  if (typeof picture !== 'string' || !/^data:image\/(webp|png);base64,[\w+/=]*$/.test(picture)) {
    throw invalid(`${name}.picture`, 'a data URL of a WebP or PNG picture', picture);
  }
  const probability = { min: 0, max: 1 };
  return {
    name: title,
    label: integer(`${name}.label`, entry.label, 0, classes - 1),
    predicted: integer(`${name}.predicted`, entry.predicted, 0, classes - 1),
    probability: number(`${name}.probability`, entry.probability, probability),
    labelProbability: number(`${name}.labelProbability`, entry.labelProbability, probability),
    picture,
  };
}
