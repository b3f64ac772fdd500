/**
 * A state_dict as `torch.save` writes it, for programs that read nothing else: `torch.load(path)` gives an OrderedDict of tensors, with
 * its default `weights_only=True`.
 */

import type { DType, TensorInfo } from '../../core/tensor.js';
import { numberOfElements } from '../../core/validation.js';
import { STORAGES } from './torch-globals.js';
import { type NewEntry, zipParts } from './zip-writer.js';

export interface NewTensor extends TensorInfo {
  /** Its values, one after the other. Must not change until the file is written. */
  content: Uint8Array;
}

/** All entries are in a folder of this name. */
const ROOT = 'archive';
/** Of the layout of the archive. */
const VERSION = '3\n';

/** The bytes of the file, one part after the other. @throws GoogLeNetError `INVALID_ARGUMENT` beyond 4 GiB, or 65,535 entries */
export function pthParts(tensors: readonly NewTensor[]): Promise<Uint8Array[]> {
  const entries: NewEntry[] = [
    { name: `${ROOT}/data.pkl`, content: pickleOf(tensors) },
    { name: `${ROOT}/byteorder`, content: Buffer.from('little') },
    ...tensors.map(({ content }, i) => ({ name: `${ROOT}/data/${i}`, content })),
    { name: `${ROOT}/version`, content: Buffer.from(VERSION) },
  ];
  return zipParts(entries);
}

const PROTO_2 = Buffer.from([0x80, 2]);
const MARK = '(';
const TUPLE = 't';
const EMPTY_TUPLE = ')';
const REDUCE = 'R';
const SETITEMS = 'u';
const STOP = '.';
const PERSISTENT = 'Q';
const FALSE = '\x89';

const code = (text: string): Buffer => Buffer.from(text, 'latin1');
const global = (module: string, name: string): Buffer => code(`c${module}\n${name}\n`);

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(5, 'X');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Sizes beyond four bytes are LONG1. */
function integer(value: number): Buffer {
  const bytes = Buffer.alloc(value < 2 ** 31 ? 5 : 10);
  if (value < 2 ** 31) {
    bytes.write('J');
    bytes.writeInt32LE(value, 1);
  } else {
    bytes.set([0x8a, 8]);
    bytes.writeBigInt64LE(BigInt(value), 2);
  }
  return bytes;
}

const tuple = (...items: Buffer[]): Buffer => Buffer.concat([code(MARK), ...items, code(TUPLE)]);
const emptyDict = Buffer.concat([global('collections', 'OrderedDict'), code(EMPTY_TUPLE + REDUCE)]);

function pickleOf(tensors: readonly NewTensor[]): Buffer {
  const items = tensors.map((tensor, i) => Buffer.concat([text(tensor.name), tensorOf(tensor, String(i))]));
  return Buffer.concat([PROTO_2, emptyDict, code(MARK), ...items, code(SETITEMS + STOP)]);
}

/** `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, backward_hooks)` */
function tensorOf({ dtype, shape }: NewTensor, key: string): Buffer {
  const length = numberOfElements(shape);
  const storage = global('torch', STORAGE_OF[dtype]);
  const id = tuple(text('storage'), storage, text(key), text('cpu'), integer(length));
  // Those of a tensor without values have no meaning, and could be beyond all integers.
  const strides = shape.map((_, i) => (length === 0 ? 1 : numberOfElements(shape.slice(i + 1))));
  const args = tuple(
    Buffer.concat([id, code(PERSISTENT)]),
    integer(0),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    code(FALSE),
    emptyDict,
  );
  return Buffer.concat([global('torch._utils', '_rebuild_tensor_v2'), args, code(REDUCE)]);
}

const STORAGE_OF = Object.fromEntries(
  Object.entries(STORAGES).map(([name, dtype]) => [dtype, name]),
) as Record<DType, string>;
