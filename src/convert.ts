/** Weights from one format into another, without a model. */
import { extname } from 'node:path';
import { GoogLeNetError } from './errors.js';
import { writeFileAtomic } from './formats/atomic-file.js';
import type { StoredTensor } from './formats/format.js';
import { type NewTensor, pthParts } from './formats/pth/write.js';
import { readFully } from './formats/read-fully.js';
import { withTensorFile } from './formats/tensor-file.js';
import { modelIn, toMetadata } from './models/model-file.js';
import { DTYPE_BYTES } from './tensor.js';
import { options, string } from './validate.js';
import { type StoredGroup, saveFile } from './weights.js';

export interface ConvertOptions {
  /** What the names of the tensors shall begin with, e.g. `module.`; default nothing. */
  prefix?: string;
}

export interface Conversion {
  tensors: number;
  bytes: number;
}

const FORMATS = ['.safetensors', '.pth', '.pt'];

/**
 * Writes the model of a file of weights or a checkpoint in the format that the name of `to` ends with: `.safetensors`, or `.pth` and
 * `.pt` as Python's `torch.save` does. Prefixes of checkpoints and parallel models are taken off the names; numbers stay as they are.
 * @throws GoogLeNetError `INVALID_ARGUMENT` for another ending, `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `UNSAFE_PICKLE`,
 * `WEIGHTS_MISMATCH`, `FILE_ERROR`
 */
export async function convertWeights(
  from: string,
  to: string,
  given: ConvertOptions = {},
): Promise<Conversion> {
  const { prefix = '' } = options('options', given, ['prefix']) as ConvertOptions;
  const format = extname(string('to', to)).toLowerCase();
  if (!FORMATS.includes(format)) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `${to} must end with ${FORMATS.join(', ')}, which says its format.`,
    );
  }
  return withTensorFile(string('from', from), async (file) => {
    const { tensors, description } = modelIn(file, from);
    const named = tensors.map((tensor) => ({ ...tensor, name: prefix + tensor.name }));
    if (format === '.safetensors') await writeSafetensors(to, named, toMetadata({ model: description }));
    else await writePth(to, named);
    return { tensors: named.length, bytes: named.reduce((sum, tensor) => sum + plainBytes(tensor), 0) };
  });
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const plainBytes = ({ dtype, shape }: StoredTensor): number => elementsOf(shape) * DTYPE_BYTES[dtype];

async function writeSafetensors(
  path: string,
  tensors: readonly StoredTensor[],
  metadata: Record<string, string>,
): Promise<void> {
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const group: StoredGroup = {
    prefix: '',
    tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    copy: async ({ buffer, spans }) => {
      for (const { name, offset, bytes } of spans) {
        const tensor = stored.get(name);
        if (tensor) buffer.set(await numbersOf(tensor), offset);
        else buffer.fill(0, offset, offset + bytes);
      }
    },
  };
  await saveFile(path, [group], async () => metadata);
}

async function writePth(path: string, tensors: readonly StoredTensor[]): Promise<void> {
  const all: NewTensor[] = [];
  for (const tensor of tensors) {
    const { name, dtype, shape } = tensor;
    all.push({ name, dtype, shape, content: await numbersOf(tensor) });
  }
  await writeFileAtomic(path, await pthParts(all));
}

/** A tensor's bytes, one number after the other. */
async function numbersOf(tensor: StoredTensor): Promise<Uint8Array> {
  const bytes = Buffer.alloc(tensor.bytes);
  if (!(await readFully(tensor.fd, bytes, tensor.offset))) {
    throw new GoogLeNetError('INVALID_WEIGHTS', 'The file was cut short while being read.');
  }
  return tensor.strides === undefined
    ? bytes
    : gather(bytes, tensor.shape, tensor.strides, DTYPE_BYTES[tensor.dtype]);
}

/** Numbers that lie apart, in the order of their indices. */
function gather(
  source: Buffer,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): Uint8Array {
  const target = Buffer.alloc(elementsOf(shape) * size);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < target.length; to += size) {
    source.copy(target, to, from * size, from * size + size);
    for (let d = shape.length - 1; d >= 0; d--) {
      const [stride = 0, length = 0] = [strides[d], shape[d]];
      index[d] = (index[d] ?? 0) + 1;
      from += stride;
      if ((index[d] ?? 0) < length) break;
      from -= stride * length;
      index[d] = 0;
    }
  }
  return target;
}
