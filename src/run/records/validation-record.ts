/** `validation.json`: how the model did on each class and on single images, after the latest epoch that was validated. */

import { join } from 'node:path';
import { GoogLeNetError } from '../../core/errors.js';
import { writeFileAtomic } from '../../core/files/atomic-file.js';
import { readTextIfThere } from '../../core/files/regular-file.js';
import { parseShallow } from '../../core/json-depth.js';
import { integer, invalid, number, object, string } from '../../core/validation.js';

export const VALIDATION_FILE = 'validation.json';

export interface ImagePrediction {
  name: string;
  /** Position of the true class in `classes`. */
  label: number;
  /** Position of the class that got the highest probability. */
  predicted: number;
  /** Of `predicted`. */
  probability: number;
  labelProbability: number;
  /** A small copy as a data URI: PNG, WebP or JPEG. */
  image: string;
}

export interface ValidationRecord {
  /** Counted from 1. */
  epoch: number;
  /** The last step of the epoch. */
  step: number;
  /** At most 4096. */
  classes: string[];
  /** `confusion[label][predicted]` images. */
  confusion: number[][];
  /** Images classified wrongly, the highest loss first; at most 24. */
  mistakes: ImagePrediction[];
  /** The same images after each epoch, spread over the set; at most 12. */
  samples: ImagePrediction[];
}

const MAX_MISTAKES = 24;
const MAX_SAMPLES = 12;
/** Characters of an image's data URI: twice what one of 10 KB has. */
const MAX_IMAGE_LENGTH = 2 ** 15;
/** Their confusion is 17 million numbers, 34 MB and more as text. */
const MAX_CLASSES = 4096;
export const MAX_VALIDATION_BYTES = 2 ** 27;

/** @throws GoogLeNetError `INVALID_ARGUMENT` if the record is not one, `FILE_NOT_FOUND`, `FILE_ERROR`. */
export async function writeValidation(runDir: string, record: ValidationRecord): Promise<void> {
  const text = JSON.stringify(checkValidation(record));
  await writeFileAtomic(join(runDir, VALIDATION_FILE), [Buffer.from(`${text}\n`)]);
}

/**
 * @returns null where the run has not written one: there were no validation images, or no epoch is over.
 * @throws GoogLeNetError `INVALID_RUN_LOG`, `FILE_ERROR`
 */
export async function readValidation(runDir: string): Promise<ValidationRecord | null> {
  const path = join(runDir, VALIDATION_FILE);
  const text = await readTextIfThere(path, MAX_VALIDATION_BYTES);
  if (text === null) return null;
  try {
    return checkValidation(parseShallow(text));
  } catch (cause) {
    throw damaged(path, (cause as Error).message, cause);
  }
}

const damaged = (path: string, why: string, cause?: unknown) =>
  new GoogLeNetError('INVALID_RUN_LOG', `${path} is damaged: ${why}`, { cause });

/** @throws GoogLeNetError `INVALID_ARGUMENT` naming the field that is missing or wrong. */
export function checkValidation(value: unknown): ValidationRecord {
  const record = object('validation', value);
  integer('validation.epoch', record.epoch, 1);
  integer('validation.step', record.step, 1);
  const classes = list('validation.classes', record.classes, MAX_CLASSES);
  if (classes.length === 0) throw invalid('validation.classes', 'at least one name', classes);
  for (const [i, name] of classes.entries()) string(`validation.classes[${i}]`, name);
  checkConfusion(record.confusion, classes.length);
  checkPredictions('validation.mistakes', record.mistakes, MAX_MISTAKES, classes.length);
  checkPredictions('validation.samples', record.samples, MAX_SAMPLES, classes.length);
  return value as ValidationRecord;
}

function checkConfusion(value: unknown, classes: number): void {
  const name = 'validation.confusion';
  const rows = list(name, value, classes);
  const cells = rows.map((row, label) => list(`${name}[${label}]`, row, classes));
  if (cells.length !== classes || cells.some((row) => row.length !== classes)) {
    throw invalid(name, `${classes} rows of ${classes} numbers`, value);
  }
  for (const row of cells) for (const count of row) integer(name, count, 0);
}

function checkPredictions(name: string, value: unknown, most: number, classes: number): void {
  for (const [i, entry] of list(name, value, most).entries()) {
    const at = `${name}[${i}]`;
    const prediction = object(at, entry);
    if (typeof prediction.name !== 'string') throw invalid(`${at}.name`, 'a text', prediction.name);
    integer(`${at}.label`, prediction.label, 0, classes - 1);
    integer(`${at}.predicted`, prediction.predicted, 0, classes - 1);
    // Sums of rounded exponentials may exceed one by the last bits.
    number(`${at}.probability`, prediction.probability, { min: 0, max: 1 + 1e-5 });
    number(`${at}.labelProbability`, prediction.labelProbability, { min: 0, max: 1 + 1e-5 });
    checkImage(`${at}.image`, prediction.image);
  }
}

function checkImage(name: string, value: unknown): void {
  const isImage =
    typeof value === 'string' &&
    value.length <= MAX_IMAGE_LENGTH &&
    /^data:image\/(png|webp|jpeg);base64,[A-Za-z0-9+/]+={0,2}$/.test(value);
  if (!isImage)
    throw invalid(name, `a data URI of a PNG, WebP or JPEG of at most ${MAX_IMAGE_LENGTH} characters`, value);
}

function list(name: string, value: unknown, most: number): unknown[] {
  if (!Array.isArray(value) || value.length > most) throw invalid(name, `a list of at most ${most}`, value);
  return value;
}
