/** Weights from one format into another, without a model. */
import { extname } from 'node:path';
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { writeFileAtomic } from '../core/files/atomic-file.js';
import { readFully } from '../core/files/read-fully.js';
import { allocate } from '../core/staging-buffer.js';
import { DTYPE_BYTES } from '../core/tensor.js';
import {
  boolean,
  invalid,
  numberOfElements,
  readOptions,
  path as readPath,
  signal as readSignal,
} from '../core/validation.js';
import { type StoredTensor, unreadable } from '../formats/format.js';
import { type NewTensor, pthParts } from '../formats/pth/write.js';
import { type WeightsFile, withWeightsFile } from '../formats/weights-file.js';
import { type StoredGroup, saveFile } from '../weights/save.js';
import type { ModelDescription } from './description.js';
import { modelIn, toMetadata } from './stored-architecture.js';

export interface ConvertOptions {
  /** Put in front of each tensor's name, e.g. `module.`. Default: nothing. */
  prefix?: string;
  /** For weights of the variant `torchvision` whose file does not say it. Stored in the new file if its format can. */
  transformInput?: boolean;
  /** Ends with the error `ABORTED`; looked at first, and before each tensor is read. */
  signal?: AbortSignal;
}

export interface Conversion {
  tensors: number;
  bytes: number;
  /** Options of the model that the new format cannot store: give them when you load the weights. */
  lost: string[];
}

/** Options that differ from their defaults and that no tensor shows. Without them the same weights give other logits. */
const lostOptions = (description: ModelDescription): string[] =>
  (['classes', 'transformInput', 'reluBetween'] as const).filter(
    (name) => name in description && description[name as keyof ModelDescription],
  );

function withTransform(model: ModelDescription, value: boolean): ModelDescription {
  if (model.architecture === 'googlenet' && model.variant === 'torchvision')
    return { ...model, transformInput: boolean('transformInput', value) };
  throw invalid('transformInput', "undefined for weights of another variant than 'torchvision'", value);
}

const FORMATS = ['.safetensors', '.pth', '.pt'];

/**
 * Writes the model of a file of weights or a checkpoint in the format that the name of `to` ends with: `.safetensors`, or `.pth` and
 * `.pt` as Python's `torch.save` does. Prefixes of checkpoints and parallel models are taken off the names; values stay as they are.
 * @throws GoogLeNetError `INVALID_ARGUMENT` for another ending, `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `UNSAFE_PICKLE`,
 * `WEIGHTS_MISMATCH`, `FILE_ERROR`, `ABORTED`
 */
export async function convertWeights(
  from: string,
  to: string,
  options: ConvertOptions = {},
): Promise<Conversion> {
  const how = readConvertOptions(to, options);
  return withWeightsFile(readPath('from', from), (file) => convert(file, to, how), { signal: how.signal });
}

/**
 * The same from a file that is open already, and stays open.
 * @internal
 */
export const convertWeightsFrom = async (
  file: WeightsFile,
  to: string,
  options: ConvertOptions = {},
): Promise<Conversion> => convert(file, to, readConvertOptions(to, options));

interface Resolved {
  format: string;
  prefix: string;
  transformInput: boolean | undefined;
  signal: AbortSignal | undefined;
}

function readConvertOptions(to: string, options: ConvertOptions): Resolved {
  const known = ['prefix', 'transformInput', 'signal'] as const;
  const {
    prefix = '',
    transformInput,
    signal: abort,
  } = readOptions('options', options, known) as ConvertOptions;
  const signal = readSignal('signal', abort);
  const format = extname(readPath('to', to)).toLowerCase();
  if (!FORMATS.includes(format)) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `${to} must end with ${FORMATS.join(', ')}, which says its format.`,
    );
  }
  return { format, prefix, transformInput, signal };
}

async function convert(
  file: WeightsFile,
  to: string,
  { format, prefix, transformInput, signal }: Resolved,
): Promise<Conversion> {
  const from = file.path;
  await file.verify();
  const { tensors, foreign, description: found } = modelIn(file);
  // A copy without it would lack a tensor, and nobody would be told.
  if (foreign[0]) throw unreadable(from, foreign[0]);
  const description = transformInput === undefined ? found : withTransform(found, transformInput);
  const named = tensors.map((tensor) => ({ ...tensor, name: prefix + tensor.name }));
  const read = async (tensor: StoredTensor, target: Uint8Array) => {
    throwIfAborted(signal, `Converting ${from}`);
    await readValues(tensor, target);
    await file.assertUnchanged();
  };
  if (format === '.safetensors') await writeSafetensors(to, named, toMetadata({ model: description }), read);
  else await writePth(to, named, read);
  const bytes = named.reduce((sum, tensor) => sum + plainBytes(tensor), 0);
  return { tensors: named.length, bytes, lost: format === '.safetensors' ? [] : lostOptions(description) };
}

type ReadValues = (tensor: StoredTensor, target: Uint8Array) => Promise<void>;

const plainBytes = ({ dtype, shape }: StoredTensor): number => numberOfElements(shape) * DTYPE_BYTES[dtype];

async function writeSafetensors(
  path: string,
  tensors: readonly StoredTensor[],
  metadata: Record<string, string>,
  read: ReadValues,
): Promise<void> {
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const group: StoredGroup = {
    prefix: '',
    tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    copy: async ({ buffer, spans }) => {
      for (const { name, offset, bytes } of spans) {
        const tensor = stored.get(name);
        if (tensor) await read(tensor, buffer.subarray(offset, offset + bytes));
      }
    },
  };
  await saveFile(path, [group], async () => metadata);
}

async function writePth(path: string, tensors: readonly StoredTensor[], read: ReadValues): Promise<void> {
  const all: NewTensor[] = [];
  for (const tensor of tensors) {
    const { name, dtype, shape } = tensor;
    const content = allocate(plainBytes(tensor));
    await read(tensor, content);
    all.push({ name, dtype, shape, content });
  }
  await writeFileAtomic(path, await pthParts(all));
}

/** Reads a tensor's values as one contiguous block of bytes. */
async function readValues(tensor: StoredTensor, target: Uint8Array): Promise<void> {
  const { strides, shape, dtype } = tensor;
  const bytes = strides === undefined ? target : allocate(tensor.bytes);
  if (!(await readFully(tensor.fd, bytes, tensor.offset))) {
    throw new GoogLeNetError('INVALID_WEIGHTS', `The file was cut short while '${tensor.name}' was read.`);
  }
  if (strides !== undefined) await gather(bytes, target, shape, strides, DTYPE_BYTES[dtype]);
}

/** Values that are copied before the event loop gets its turn: a millisecond. */
const TURN = 2 ** 17;

/** Copies a tensor with strides into one without. */
async function gather(
  source: Uint8Array,
  target: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): Promise<void> {
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0, turn = 1; to < target.length; to += size, turn++) {
    if (turn % TURN === 0) await new Promise(setImmediate);
    for (let byte = 0; byte < size; byte++) target[to + byte] = source[from * size + byte] ?? 0;
    for (let d = shape.length - 1; d >= 0; d--) {
      const [stride = 0, length = 0] = [strides[d], shape[d]];
      index[d] = (index[d] ?? 0) + 1;
      from += stride;
      if ((index[d] ?? 0) < length) break;
      from -= stride * length;
      index[d] = 0;
    }
  }
}
