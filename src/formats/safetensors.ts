/**
 * The safetensors file format: an 8-byte little-endian length, a JSON header of that length, then the tensors' bytes.
 * Reading stops at the header: the tensors themselves are copied by C++ from the offsets that are checked here.
 * Layout and rules follow the reference implementation, https://github.com/huggingface/safetensors.
 */
import { compareCodePoints } from '../core/code-points.js';
import { GoogLeNetError } from '../core/errors.js';
import { DTYPE_BYTES, type DType, type TensorInfo, type TensorSpan } from '../core/tensor.js';
import { numberOfElements } from '../core/validation.js';
import { verifyChecksum } from './checksum.js';
import { kindOf } from './file-kind.js';
import type { Contents, Format, ReadOptions } from './format.js';
import type { InvalidFile } from './invalid-file.js';
import type { OpenFile } from './open-files.js';
import { parseHeader } from './safetensors-header.js';

/** Bytes of the length that precedes the header. */
const PREFIX_BYTES = 8;

/**
 * The reference allows headers of 100 MB. We stop at 1 MiB because the header is parsed in one go on the JS thread: 1 MiB takes
 * about 20 ms, while GoogLeNet's 10 to 40 KB take 0.7. It still holds 10,000 tensors, or a checkpoint with the names of
 * all 21,841 ImageNet classes.
 */
export const MAX_HEADER_BYTES = 2 ** 20;

export interface SafetensorsPlan {
  /** Everything that precedes the tensors' bytes, the 8-byte length included. */
  readonly header: Uint8Array;
  /** In the order of the file; `offset` counts from the end of the header. */
  readonly spans: TensorSpan[];
  readonly dataBytes: number;
}

export const SAFETENSORS: Format = {
  name: 'a safetensors file',
  // An index, which is JSON too, has no zeros where the upper half of the header's length is.
  recognizes: (head) =>
    head[PREFIX_BYTES] === 0x7b && head.subarray(4, PREFIX_BYTES).every((byte) => byte === 0),
  read: readSafetensors,
};

async function readSafetensors(file: OpenFile, { invalidFile }: ReadOptions): Promise<Contents> {
  const header = await readHeader(file, invalidFile);
  const dataStart = header.length;
  const parsed = parseHeader(header.subarray(PREFIX_BYTES), file.size - dataStart, invalidFile);
  const { foreign, metadata } = parsed;
  const { fd } = file;
  return {
    tensors: parsed.tensors.map((span) => ({ ...span, offset: span.offset + dataStart, fd })),
    foreign,
    metadata,
    verify: () => verifyChecksum(file, header, metadata, invalidFile),
  };
}

/** All that precedes the tensors' bytes. Memory is bounded by {@link MAX_HEADER_BYTES}. */
async function readHeader(file: OpenFile, invalidFile: InvalidFile): Promise<Buffer> {
  const { size } = file;
  if (size < PREFIX_BYTES) {
    const kind = size === 0 ? kindOf(Buffer.alloc(0)) : undefined;
    throw invalidFile(kind ?? `it has ${size} bytes, too few for the length of a header`);
  }
  const prefix = await file.read(PREFIX_BYTES, 0);
  if (!prefix) throw invalidFile('it was cut short while being read');

  const declared = prefix.readBigUInt64LE();
  const dataStart = PREFIX_BYTES + Number(declared);
  if (declared > MAX_HEADER_BYTES || dataStart > size) {
    // Where nobody has looked at the format yet: any other file begins with bytes that are the length of some header.
    const kind = kindOf(await file.head());
    if (kind !== undefined) throw invalidFile(kind);
  }
  if (declared > MAX_HEADER_BYTES) {
    throw invalidFile(`its header claims ${declared} bytes; at most ${MAX_HEADER_BYTES} are read`);
  }
  const headerBytes = Number(declared);
  if (dataStart > size) throw invalidFile(`its header claims ${headerBytes} bytes but the file has ${size}`);
  const json = await file.read(headerBytes, PREFIX_BYTES);
  if (!json) throw invalidFile('it was cut short while being read');
  return Buffer.concat([prefix, json]);
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
