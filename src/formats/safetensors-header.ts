/** The JSON header of a safetensors file: bytes that anybody may have written → tensors at offsets that are safe to read. */

import { assertShallow } from '../core/json-depth.js';
import { DTYPE_BYTES, type DType, type TensorSpan } from '../core/tensor.js';
import type { ForeignTensor } from './format.js';
import type { InvalidFile } from './invalid-file.js';
import { quote } from './quote.js';

export interface ParsedHeader {
  /** In the order of the file; `offset` counts from the start of the data. */
  tensors: TensorSpan[];
  /** Those of types that are not read here, in the order of the header. */
  foreign: ForeignTensor[];
  metadata: Record<string, string>;
}

/** The header is an object of objects with lists of numbers: three. One more, so that messages can say what is wrong. */
const MAX_DEPTH = 4;

/** @param dataBytes how many bytes follow the header; the tensors must cover them exactly. */
export function parseHeader(header: Uint8Array, dataBytes: number, invalidFile: InvalidFile): ParsedHeader {
  if (header[0] !== 0x7b) throw invalidFile("its header does not start with '{'");
  assertShallow(header, MAX_DEPTH, 'its header', invalidFile);
  const text = decodeUtf8(header, invalidFile);
  const root = parseJson(text, invalidFile);
  let metadata: Record<string, string> = {};
  const tensors: TensorSpan[] = [];
  const foreign: (ForeignTensor & Span)[] = [];
  for (const [name, value] of Object.entries(root)) {
    if (name === '__metadata__') {
      metadata = readMetadata(value, invalidFile);
      continue;
    }
    const read = readTensor(name, value, invalidFile);
    if ('dtype' in read) tensors.push(read);
    else foreign.push(read);
  }
  checkTokens(text, invalidFile);
  checkCoverage([...tensors, ...foreign], dataBytes, invalidFile);
  tensors.sort(byOffset);
  return { tensors, foreign: foreign.map(({ name, what }) => ({ name, what })), metadata };
}

function decodeUtf8(header: Uint8Array, invalidFile: InvalidFile): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw invalidFile('its header is not UTF-8');
  }
}

function parseJson(text: string, invalidFile: InvalidFile): Record<string, unknown> {
  try {
    // The text starts with '{', so a successful parse is an object.
    return JSON.parse(text);
  } catch (error) {
    throw invalidFile(`its header is not JSON (${(error as Error).message})`);
  }
}

/**
 * What `JSON.parse` lets through in silence, looked for in text that it has accepted: repeated keys (the last one would win, where
 * another reader may take the first), strings that are not Unicode, and numbers that are not plain digits. A loop over characters,
 * because a regular expression takes five times as long.
 */
function checkTokens(text: string, invalidFile: InvalidFile): void {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '{') open.push(new Set());
    else if (char === '}') open.pop();
    else if (char === '.' || char === 'e' || char === 'E' || char === '-') {
      throw invalidFile(`the number at character ${i} of its header is not written as plain digits`);
    } else if (char === '"') {
      const start = i;
      i = closingQuote(text, start);
      const value = stringValue(text.slice(start, i + 1), invalidFile);
      if (!isKey(text, i + 1)) continue;
      const keys = open.at(-1);
      if (keys?.has(value)) throw invalidFile(`the key ${quote(value)} is there twice`);
      keys?.add(value);
    }
  }
}

function closingQuote(text: string, start: number): number {
  let end = start + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end;
}

function isKey(text: string, after: number): boolean {
  let next = after;
  while (/\s/.test(text[next] ?? '')) next++;
  return text[next] === ':';
}

function stringValue(literal: string, invalidFile: InvalidFile): string {
  // Decoded UTF-8 is well-formed; only an escape can smuggle in half a pair.
  if (!literal.includes('\\')) return literal.slice(1, -1);
  const value: string = JSON.parse(literal);
  if (/\p{Surrogate}/u.test(value)) throw invalidFile(`${quote(value)} holds half of a surrogate pair`);
  return value;
}

function readMetadata(value: unknown, invalidFile: InvalidFile): Record<string, string> {
  // As the reference does.
  if (value === null) return {};
  if (!isObject(value)) throw invalidFile('__metadata__ is not an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw invalidFile(`__metadata__ holds something else than text at ${quote(key)}`);
  }
  return value as Record<string, string>;
}

const FIELDS = ['dtype', 'shape', 'data_offsets'];

/** Where a tensor lies, counted from the start of the data. */
interface Span {
  name: string;
  offset: number;
  bytes: number;
}

function readTensor(
  name: string,
  value: unknown,
  invalidFile: InvalidFile,
): TensorSpan | (ForeignTensor & Span) {
  const what = `tensor ${quote(name)}`;
  if (!isObject(value)) throw invalidFile(`${what} is not an object`);
  const keys = Object.keys(value);
  const unknown = keys.find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) throw invalidFile(`${what} has an unknown field ${quote(unknown)}`);
  const missing = FIELDS.find((field) => !keys.includes(field));
  if (missing !== undefined) throw invalidFile(`${what} has no ${missing}`);

  const { dtype, shape, data_offsets: range } = value;
  if (typeof dtype !== 'string' || !DTYPE_NAME.test(dtype)) {
    const shown = typeof dtype === 'string' ? quote(dtype) : `something of type ${typeof dtype}`;
    throw invalidFile(`${what} has the unknown dtype ${shown}`);
  }
  if (!isSizes(shape)) throw invalidFile(`the shape of ${what} is not a list of non-negative safe integers`);
  const [begin, end] = isSizes(range) && range.length === 2 ? range : [];
  if (begin === undefined || end === undefined || begin > end) {
    throw invalidFile(`the data_offsets of ${what} are not [begin, end] with begin ≤ end`);
  }
  if (!isDType(dtype)) {
    return {
      name,
      what: `has the dtype ${dtype}, which is not read here`,
      offset: begin,
      bytes: end - begin,
    };
  }
  const bytes = bytesOf(dtype, shape);
  if (bytes === null) throw invalidFile(`${what} has more elements than can be counted`);
  if (end - begin !== bytes) {
    throw invalidFile(`${what} takes ${bytes} bytes by its shape but ${end - begin} by its data_offsets`);
  }
  return { name, dtype, shape, offset: begin, bytes };
}

/** Null for more than can be counted. */
function bytesOf(dtype: DType, shape: readonly number[]): number | null {
  let bytes = DTYPE_BYTES[dtype];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return null;
  }
  return bytes;
}

const byOffset = (a: Span, b: Span): number => a.offset - b.offset || a.bytes - b.bytes;

/** Neither holes nor overlaps: every byte belongs to one tensor, so nothing can hide in the file. */
function checkCoverage(spans: Span[], dataBytes: number, invalidFile: InvalidFile): void {
  let covered = 0;
  for (const { name, offset, bytes } of spans.sort(byOffset)) {
    if (offset !== covered) {
      const fault = offset < covered ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw invalidFile(`tensor ${quote(name)} ${fault} (starts at ${offset}, expected ${covered})`);
    }
    covered += bytes;
  }
  if (covered !== dataBytes)
    throw invalidFile(`its tensors take ${covered} bytes but ${dataBytes} follow the header`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As the format's own are: `F8_E4M3`, `U64`, `C64`. */
const DTYPE_NAME = /^[A-Z][A-Z0-9_]{0,15}$/;

const isDType = (value: string): value is DType => Object.hasOwn(DTYPE_BYTES, value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
