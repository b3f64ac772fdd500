/**
 * Files that `torch.save` wrote before PyTorch 1.6, and writes still with `_use_new_zipfile_serialization=False`: a magic number, a
 * version and a description of the machine, the object and the keys of its storages, each a pickle; then the storages one after the
 * other, each behind its length. Layout: `_legacy_save` in torch/serialization.py.
 */
import { DTYPE_BYTES } from '../../core/tensor.js';
import type { Contents, Format, ReadOptions } from '../format.js';
import type { InvalidFile } from '../invalid-file.js';
import type { OpenFile } from '../open-files.js';
import { Dict, type PickleValue } from './pickle-values.js';
import { MAX_PICKLE_BYTES } from './pth.js';
import { locate, stateDictIn } from './state-dict.js';
import { type Storage, TorchGlobals, type Unreadable } from './torch-globals.js';
import { unpickle } from './unpickler.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
/** How the first pickle begins: PROTO and a version, from version 4 on FRAME and a length, LONG1 and the number of bytes. */
const PROTO = 0x80;
const FRAME = 0x95;
const FRAME_BYTES = 9;
const LONG1 = 0x8a;
const MAGIC_BYTES = 10;
const VERSION = 1001;
const LENGTH_BYTES = 8;
/** The length of each is read by itself. With the states of an optimizer a network has a thousand. */
const MAX_STORAGES = 20_000;

export const LEGACY_PTH: Format = {
  name: 'a file of torch.save',
  recognizes: (head) => {
    const at = head[2] === FRAME ? 2 + FRAME_BYTES : 2;
    return head[0] === PROTO && head[at] === LONG1 && head[at + 1] === MAGIC_BYTES;
  },
  read: readLegacyPth,
};

async function readLegacyPth(file: OpenFile, { invalidFile }: ReadOptions): Promise<Contents> {
  const head = await file.read(Math.min(file.size, MAX_PICKLE_BYTES), 0);
  if (!head) throw invalidFile('it was cut short while being read');
  const globals = new LegacyGlobals(invalidFile);
  let position = 0;
  const next = async (): Promise<PickleValue> => {
    const { signal } = file;
    const { value, end } = await unpickle(head, { start: position, globals, invalidFile, signal });
    position = end;
    return value;
  };
  if ((await next()) !== MAGIC) throw invalidFile('it does not begin as it should');
  const version = await next();
  if (version !== VERSION) throw invalidFile(`its format is not version ${VERSION}`);
  const machine = await next();
  if (machine instanceof Dict && machine.get('little_endian') === false) {
    throw invalidFile('its values are stored in the byte order of another machine');
  }
  const { tensors, foreign } = stateDictIn(await next(), invalidFile);
  const spans = await spansOf(file, await next(), position, globals.storages, invalidFile);
  // The format has no checksums.
  const verify = async () => {};
  return { tensors: locate(tensors, spans, file, invalidFile), foreign, metadata: {}, verify };
}

/** Notes the storages: nothing else says what type of values lies under a key. */
class LegacyGlobals extends TorchGlobals {
  readonly storages = new Map<string, Storage>();

  protected override storage(storage: Storage): void {
    this.storages.set(storage.key, storage);
  }

  /** Where its values end, and the next ones begin, is not known. */
  protected override foreignStorage(): Unreadable {
    throw this.invalidFile('it has tensors of a type that no model here has');
  }
}

async function spansOf(
  file: OpenFile,
  keys: PickleValue,
  start: number,
  storages: ReadonlyMap<string, Storage>,
  invalidFile: InvalidFile,
): Promise<Map<string, { offset: number; bytes: number }>> {
  if (!Array.isArray(keys)) throw invalidFile('it has no list of its storages');
  if (keys.length > MAX_STORAGES)
    throw invalidFile(`it has ${keys.length} storages; at most ${MAX_STORAGES} are read`);
  const spans = new Map<string, { offset: number; bytes: number }>();
  let position = start;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || spans.has(storage.key))
      throw invalidFile('its list of storages is not that of its tensors');
    const length = await file.read(LENGTH_BYTES, position);
    if (!length) throw invalidFile('it is truncated');
    const bytes = Number(length.readBigUInt64LE()) * DTYPE_BYTES[storage.dtype];
    const offset = position + LENGTH_BYTES;
    if (offset + bytes > file.size) throw invalidFile('it is truncated');
    spans.set(storage.key, { offset, bytes });
    position = offset + bytes;
  }
  return spans;
}
