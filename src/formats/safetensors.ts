/**
 * The safetensors file format: an 8-byte little-endian length, a JSON header of that length, then the tensors' bytes.
 * Reading stops at the header: the tensors themselves are copied by C++ from the offsets that are checked here.
 * Layout and rules follow the reference implementation, https://github.com/huggingface/safetensors.
 */
import { compareCodePoints } from '../core/code-points.js';
import { GoogLeNetError } from '../core/errors.js';
import { DTYPE_BYTES, type DType } from '../core/tensor.js';
import { numberOfElements } from '../core/validation.js';
import type { TensorInfo, TensorSpan } from '../native/binding-types.js';
import { verifyChecksum } from './checksum.js';
import { KIND_BYTES, kindOf } from './file-kind.js';
import type { Contents, ForeignTensor, Format, ReadOptions } from './format.js';
import type { InvalidFile } from './invalid-file.js';
import { type OpenFile, readBytes, withOpenFiles } from './open-files.js';
import { parseHeader } from './safetensors-header.js';

/** Bytes of the length that precedes the header. */
const PREFIX_BYTES = 8;

/**
 * The reference allows headers of 100 MB. We stop at 1 MiB because the header is parsed in one go on the JS thread: 1 MiB takes
 * about 20 ms, while GoogLeNet's 10 to 40 KB take 0.7. It still holds 10,000 tensors, or a checkpoint with the names of
 * all 21,841 ImageNet classes.
 */
export const MAX_HEADER_BYTES = 2 ** 20;

export interface SafetensorsHeader {
  /** In the order of the file; `offset` counts from the start of the file. */
  readonly tensors: TensorSpan[];
  readonly foreign: ForeignTensor[];
  readonly metadata: Record<string, string>;
}

export interface SafetensorsPlan {
  /** Everything that precedes the tensors' bytes, the 8-byte length included. */
  readonly header: Uint8Array;
  /** In the order of the file; `offset` counts from the end of the header. */
  readonly spans: TensorSpan[];
  readonly dataBytes: number;
}

/** A file whose header has been read and checked, still open. */
export interface OpenSafetensors extends SafetensorsHeader {
  readonly path: string;
  readonly fd: number;
  readonly signal: AbortSignal | undefined;
}

export const SAFETENSORS: Format = {
  name: 'a safetensors file',
  // An index, which is JSON too, has no zeros where the upper half of the header's length is.
  recognizes: (head) =>
    head[PREFIX_BYTES] === 0x7b && head.subarray(4, PREFIX_BYTES).every((byte) => byte === 0),
  read: readSafetensors,
};

async function readSafetensors(file: OpenFile, { verify, invalidFile }: ReadOptions): Promise<Contents> {
  const { tensors, foreign, metadata } = await readHeader(file, invalidFile);
  if (verify) await verifyChecksum(file, metadata, invalidFile);
  return { tensors: tensors.map((span) => ({ ...span, fd: file.fd })), foreign, metadata };
}

/**
 * Reads and checks only the header: memory is bounded by {@link MAX_HEADER_BYTES}, and the tensors may be damaged.
 * @throws GoogLeNetError `INVALID_WEIGHTS` for anything malformed, `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED`
 */
export async function readSafetensorsHeader(path: string, signal?: AbortSignal): Promise<SafetensorsHeader> {
  return withOpenFiles(async (open) => readHeader(await open(path), invalidFile(path)), signal);
}

/**
 * Opens a safetensors file, checks its header and, where it has a checksum, every byte of it, and closes it after `use`.
 * @throws GoogLeNetError `INVALID_WEIGHTS` for anything malformed or damaged, `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED`; what `use`
 * throws.
 */
export async function withSafetensors<T>(
  path: string,
  use: (file: OpenSafetensors) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return withOpenFiles(async (open) => {
    const file = await open(path);
    const header = await readHeader(file, invalidFile(path));
    await verifyChecksum(file, header.metadata, invalidFile(path));
    return use({ ...header, path, fd: file.fd, signal });
  }, signal);
}

const invalidFile =
  (path: string): InvalidFile =>
  (what) =>
    new GoogLeNetError('INVALID_WEIGHTS', `${path} is not a valid safetensors file: ${what}.`);

async function readHeader(file: OpenFile, invalid: InvalidFile): Promise<SafetensorsHeader> {
  const { size } = file;
  if (size < PREFIX_BYTES) {
    const kind = size === 0 ? kindOf(Buffer.alloc(0)) : undefined;
    throw invalid(kind ?? `it has ${size} bytes, too few for the length of a header`);
  }
  const prefix = await readBytes(file, PREFIX_BYTES, 0);
  if (!prefix) throw invalid('it was cut short while being read');

  const declared = prefix.readBigUInt64LE();
  const dataStart = PREFIX_BYTES + Number(declared);
  if (declared > MAX_HEADER_BYTES || dataStart > size) {
    // Where nobody has looked at the format yet: any other file begins with bytes that are the length of some header.
    const kind = kindOf((await readBytes(file, Math.min(size, KIND_BYTES), 0)) ?? prefix);
    if (kind !== undefined) throw invalid(kind);
  }
  if (declared > MAX_HEADER_BYTES) {
    throw invalid(`its header claims ${declared} bytes; at most ${MAX_HEADER_BYTES} are read`);
  }
  const headerBytes = Number(declared);
  if (dataStart > size) throw invalid(`its header claims ${headerBytes} bytes but the file has ${size}`);
  const header = await readBytes(file, headerBytes, PREFIX_BYTES);
  if (!header) throw invalid('it was cut short while being read');

  const parsed = parseHeader(header, size - dataStart, invalid);
  const tensors = parsed.tensors.map((span) => ({ ...span, offset: span.offset + dataStart }));
  return { ...parsed, tensors };
}

/** Stored from the widest alignment to the narrowest, in the order of the reference's writer. */
const DTYPE_ORDER: readonly DType[] = ['I64', 'F64', 'F32', 'I32', 'BF16', 'F16', 'I16', 'I8', 'U8', 'BOOL'];

/**
 * Lays tensors out as Python's `safetensors.torch.save_file` does; the file is byte-identical to Python's for the same tensors.
 * Metadata keys are written in sorted order (Python's come in random order, so only a single key is comparable).
 * @throws GoogLeNetError `INVALID_ARGUMENT` for names that cannot be stored and for headers that could not be read again.
 */
export function planSafetensors(
  tensors: readonly TensorInfo[],
  metadata?: Readonly<Record<string, string>>,
): SafetensorsPlan {
  const rank = (info: TensorInfo) => DTYPE_ORDER.indexOf(info.dtype);
  const sorted = [...tensors].sort((a, b) => rank(a) - rank(b) || compareCodePoints(a.name, b.name));

  const spans: TensorSpan[] = [];
  const entries: string[] = [];
  const names = new Set(['__metadata__']);
  if (metadata) entries.push(`"__metadata__":${metadataJson(metadata)}`);
  let offset = 0;
  for (const { name, dtype, shape } of sorted) {
    if (names.has(name))
      throw unwritable(`two tensors, or a tensor and the metadata, are called ${JSON.stringify(name)}`);
    names.add(name);
    const bytes = numberOfElements(shape) * DTYPE_BYTES[dtype];
    spans.push({ name, dtype, shape: [...shape], offset, bytes });
    entries.push(
      `${jsonString(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${offset},${offset + bytes}]}`,
    );
    offset += bytes;
  }
  return { header: encodeHeader(`{${entries.join(',')}}`), spans, dataBytes: offset };
}

function metadataJson(metadata: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => compareCodePoints(a, b));
  return `{${pairs.map(([key, value]) => `${jsonString(key)}:${jsonString(value)}`).join(',')}}`;
}

function jsonString(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw unwritable(`${JSON.stringify(text)} holds half of a surrogate pair`);
  return JSON.stringify(text);
}

/** Padded with spaces so that the data starts at a multiple of 8, as memory-mapping readers expect. */
function encodeHeader(json: string): Uint8Array {
  const text = Buffer.from(json);
  const padded = Math.ceil(text.length / 8) * 8;
  if (padded > MAX_HEADER_BYTES)
    throw unwritable(`its header would take ${padded} bytes, more than ${MAX_HEADER_BYTES}`);
  const header = Buffer.alloc(PREFIX_BYTES + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded));
  text.copy(header, PREFIX_BYTES);
  return header;
}

function unwritable(what: string): GoogLeNetError {
  return new GoogLeNetError('INVALID_ARGUMENT', `Cannot write a safetensors file: ${what}.`);
}
