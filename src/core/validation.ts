import { types } from 'node:util';
import { type ErrorCode, GoogLeNetError } from './errors.js';

/** Has more digits than a message. */
const HUGE = 10n ** 60n;

const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** What a rejected value looks like in a message: short, and never the megabytes of an array. */
function show(value: unknown): string {
  try {
    if (!Array.isArray(value)) return showOne(value);
    return `[${value.slice(0, 8).map(showOne).join(', ')}${value.length > 8 ? ', …' : ''}]`;
  } catch {
    // A getter or a proxy of the caller's throws.
    return 'an object';
  }
}

/** Arrays within arrays are not gone into: of a file, they may be any number deep. */
function showOne(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(clip(value));
  if (typeof value === 'bigint') return value > -HUGE && value < HUGE ? `${value}n` : 'a huge bigint';
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : '[…]';
  if (typeof value === 'object' && value !== null) return clip(Object.prototype.toString.call(value));
  return clip(String(value));
}

/** The one sentence for every invalid argument. */
export function invalid(
  name: string,
  expected: string,
  value: unknown,
  code: ErrorCode = 'INVALID_ARGUMENT',
): GoogLeNetError {
  return new GoogLeNetError(
    code,
    `Expected ${expected} for ${name} but received ${show(value)} of type ${value === null ? 'null' : typeof value}.`,
  );
}

export function object(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(name, 'an object', value);
  return value as Record<string, unknown>;
}

/** An options object whose keys are all known: a misspelt option must never be ignored in silence. */
export function readOptions<K extends string>(
  name: string,
  value: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  const record = object(name, value ?? {});
  for (const key of Object.keys(record)) {
    if (!(known as readonly string[]).includes(key)) {
      throw new GoogLeNetError(
        'INVALID_ARGUMENT',
        `Unknown option ${show(key)} in ${name}. Known options: ${known.join(', ')}.`,
      );
    }
  }
  return record as Partial<Record<K, unknown>>;
}

/** Of a list that a caller gives: an array of holes may claim more than memory holds. */
const MAX_ITEMS = 2 ** 25;

/**
 * The items of an array that a caller gives. `map` and `every` leave out the holes of one; here they are undefined.
 * @throws GoogLeNetError `INVALID_ARGUMENT` for more than 33,554,432
 */
export function itemsOf<T>(options: readonly T[]): T[] {
  if (options.length > MAX_ITEMS) throw invalid('a list', `at most ${MAX_ITEMS} items`, options.length);
  return Array.from(options);
}

export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalid(name, 'a boolean', value);
  return value;
}

export function string(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid(name, 'a non-empty string', value);
  return value;
}

/** Of a file or folder: text without the NUL with which the operating system ends paths. */
export function path(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw invalid(name, 'a path', value);
  return value;
}

export function integer(name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `an integer ≥ ${min}` : `an integer in [${min}, ${max}]`;
    throw invalid(name, range, value);
  }
  return value;
}

export interface NumberRange {
  min?: number;
  max?: number;
  /** Excludes `min` itself. */
  above?: boolean;
  /** Excludes `max` itself. */
  below?: boolean;
}

export function number(name: string, value: unknown, range: NumberRange = {}): number {
  const { min = -Infinity, max = Infinity, above = false, below = false } = range;
  const tooLow = (v: number) => (above ? v <= min : v < min);
  const tooHigh = (v: number) => (below ? v >= max : v > max);
  if (typeof value !== 'number' || !Number.isFinite(value) || tooLow(value) || tooHigh(value)) {
    const low = min === -Infinity ? '' : ` ${above ? '>' : '≥'} ${min}`;
    const high = max === Infinity ? '' : `${low ? ' and' : ''} ${below ? '<' : '≤'} ${max}`;
    throw invalid(name, `a finite number${low}${high}`, value);
  }
  return value;
}

export function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  if (!(allowed as readonly unknown[]).includes(value)) {
    throw invalid(name, allowed.map((v) => `'${v}'`).join(' or '), value);
  }
  return value as T;
}

/** A seed as PyTorch's `manual_seed` takes it: an integer in [0, 2^64). */
export function seed(name: string, value: unknown): bigint {
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw invalid(name, 'a non-negative integer or bigint below 2^64', value);
}

const DEVICES = /^(cpu|auto|cuda(:\d{1,3})?)$/;
/** With the device that test/native/device brings into a process. */
const TESTED_DEVICES = /^(cpu|auto|cuda(:\d{1,3})?|privateuseone(:\d{1,3})?)$/;

export function device(name: string, value: unknown): string {
  const known = process.env.GOOGLENET_TEST_DEVICE ? TESTED_DEVICES : DEVICES;
  if (typeof value !== 'string' || !known.test(value)) {
    throw invalid(name, "'cpu', 'cuda', 'cuda:N' or 'auto'", value);
  }
  return value;
}

/** As many as any tensor here has, and some. */
const MAX_DIMENSIONS = 64;

export function shape(name: string, value: unknown): number[] {
  // Copied first: an array of the caller's may answer otherwise when it is asked again.
  const sizes: unknown[] = Array.isArray(value) && value.length <= MAX_DIMENSIONS ? itemsOf(value) : [null];
  const valid = sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
  if (!valid) throw invalid(name, 'an array of non-negative integers', value, 'INVALID_SHAPE');
  return sizes as number[];
}

/** Zero also where the other sizes are beyond all numbers. */
export const numberOfElements = (sizes: readonly number[]): number =>
  sizes.includes(0) ? 0 : sizes.reduce((n, size) => n * size, 1);

export function signal(name: string, value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (!isSignal(value)) throw invalid(name, 'an AbortSignal', value);
  return value;
}

/** By what is used of it, because there are signals of other libraries. */
function isSignal(value: unknown): value is AbortSignal {
  try {
    const { aborted, addEventListener, removeEventListener } = value as AbortSignal;
    return (
      typeof aborted === 'boolean' &&
      [addEventListener, removeEventListener].every((f) => typeof f === 'function')
    );
  } catch {
    return false;
  }
}

export function callback<T>(name: string, value: T): T {
  if (value === undefined || typeof value === 'function') return value;
  throw invalid(name, 'a function', value);
}

/** Realm-safe: `instanceof Float32Array` is false for arrays made in another context. */
export const isFloat32Array: (value: unknown) => value is Float32Array = types.isFloat32Array;
export const isUint8Array = (value: unknown): value is Uint8Array | Uint8ClampedArray =>
  types.isUint8Array(value) || types.isUint8ClampedArray(value);
