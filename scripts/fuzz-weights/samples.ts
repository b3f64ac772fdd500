/** Sound files of each format, small so that damage reaches something that matters, and what to put into them. */

import { DTYPE_BYTES, type DType, type TensorInfo } from '../../src/core/tensor.js';
import { numberOfElements } from '../../src/core/validation.js';
import { CHECKSUM_PLACEHOLDER, writeChecksum } from '../../src/formats/checksum.js';
import { pthParts } from '../../src/formats/pth/write.js';
import { zipParts } from '../../src/formats/pth/zip-writer.js';
import { planSafetensors } from '../../src/formats/safetensors.js';
import { text } from '../../test/support/pickle-code.js';
import { checkpointOf, planOf } from './metadata.js';
import { LEGACY_HEAD } from './pickle-files.js';
import { INDEX_PIECES, JSON_PIECES, PICKLE_PIECES, ZIP_PIECES } from './pieces.js';
import type { ReaderName } from './readers.js';

export interface Sample {
  readonly reader?: ReaderName;
  /** What is damaged. */
  readonly original: () => Promise<Buffer>;
  readonly pieces: readonly string[];
  /** The file around it; none for what is the file. */
  readonly around?: (damaged: Buffer) => Promise<Buffer>;
  /** Files that it refers to. */
  readonly neighbors?: () => Promise<Readonly<Record<string, Buffer>>>;
}

const TENSORS: readonly TensorInfo[] = [
  { name: 'fc.weight', dtype: 'F32', shape: [2, 3] },
  { name: 'fc.bias', dtype: 'F64', shape: [2] },
  { name: 'empty', dtype: 'F16', shape: [0, 7] },
  { name: 'bn.num_batches_tracked', dtype: 'I64', shape: [] },
  { name: 'half', dtype: 'BF16', shape: [2, 1, 2] },
];
const contentOf = ({ dtype, shape }: { dtype: DType; shape: readonly number[] }): Buffer =>
  Buffer.alloc(DTYPE_BYTES[dtype] * numberOfElements(shape), 7);
const CONTENTS = TENSORS.map((tensor) => ({ ...tensor, content: contentOf(tensor) }));

export async function safetensorsFile(metadata: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  const { header, dataBytes } = planSafetensors(TENSORS, metadata);
  const data = Buffer.alloc(dataBytes, 7);
  if (metadata.crc32 !== undefined) await writeChecksum(header, data);
  return Buffer.concat([header, data]);
}

const archive = async () => Buffer.concat(await pthParts(CONTENTS));

async function pickle(): Promise<Buffer> {
  const found = (await pthParts(CONTENTS)).findIndex((part) => Buffer.from(part).includes('data.pkl'));
  return Buffer.from((await pthParts(CONTENTS))[found + 1] ?? []);
}

/** A ZIP file whose checksums are right, whatever its pickle says. */
async function zipAround(changed: Buffer): Promise<Buffer> {
  const data = CONTENTS.map(({ content }, i) => ({ name: `archive/data/${i}`, content }));
  return Buffer.concat(await zipParts([{ name: 'archive/data.pkl', content: changed }, ...data]));
}

/** The pickles of `torch.save` before ZIP, made of the one inside it: its storages follow in the order of their keys. */
async function legacy(): Promise<Buffer> {
  const keys = Buffer.from(`\x80\x02](${CONTENTS.map((_, i) => text(String(i))).join('')}e.`, 'latin1');
  const storages = CONTENTS.map(({ shape, content }) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(numberOfElements(shape)));
    return Buffer.concat([length, content]);
  });
  return Buffer.concat([...LEGACY_HEAD, await pickle(), keys, ...storages]);
}

const INDEX = JSON.stringify({
  metadata: { total_size: 56 },
  weight_map: Object.fromEntries(TENSORS.map(({ name }) => [name, 'shard.safetensors'])),
});

export const SAMPLES: Readonly<Record<string, Sample>> = {
  safetensors: { original: () => safetensorsFile({ format: 'pt', note: 'x' }), pieces: JSON_PIECES },
  'safetensors with checksum': {
    original: () => safetensorsFile({ ...CHECKSUM_PLACEHOLDER, format: 'pt' }),
    pieces: JSON_PIECES,
  },
  'index of safetensors': {
    original: async () => Buffer.from(INDEX),
    pieces: [...JSON_PIECES, ...INDEX_PIECES],
    neighbors: async () => ({ 'shard.safetensors': await safetensorsFile() }),
  },
  pickle: { original: pickle, pieces: PICKLE_PIECES, around: zipAround },
  'ZIP archive': { original: archive, pieces: ZIP_PIECES },
  'legacy pickle': { original: legacy, pieces: PICKLE_PIECES },
  checkpoint: { reader: 'checkpoint', original: async () => checkpointOf(), pieces: JSON_PIECES },
  plan: { reader: 'plan', original: async () => planOf(), pieces: JSON_PIECES },
};
