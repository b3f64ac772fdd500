/**
 * Files of `torch.save`, read without Python and without running anything that is in them: the ZIP archives that PyTorch writes since
 * 1.6, and the files of before (`legacy.ts`). Layout: torch/serialization.py.
 */
import { crc32 } from 'node:zlib';
import type { Contents, Format, ReadOptions } from '../format.js';
import type { InvalidFile } from '../invalid-file.js';
import type { OpenFile } from '../open-files.js';
import { quote } from '../quote.js';
import { locate, stateDictIn } from './state-dict.js';
import { TorchGlobals } from './torch-globals.js';
import { unpickle } from './unpickler.js';
import { ZIP_SIGNATURE, ZipArchive, type ZipEntry } from './zip.js';

/** Pickles are read into memory as a whole. A GoogLeNet's takes 40 KB. */
export const MAX_PICKLE_BYTES = 4 * 2 ** 20;
/** The name of a byte order. */
const MAX_NAME_BYTES = 16;

export const PTH: Format = {
  name: 'a file of torch.save',
  recognizes: (head) => head.length >= 4 && head.readUInt32LE(0) === ZIP_SIGNATURE,
  read: readPth,
};

async function readPth(file: OpenFile, options: ReadOptions): Promise<Contents> {
  const { invalidFile } = options;
  const zip = await ZipArchive.open(file, invalidFile);
  const root = rootOf(zip, invalidFile);
  const content = async (name: string, maxBytes: number): Promise<Buffer | null> => {
    const entry = await zip.find(`${root}/${name}`);
    return entry ? readEntry(file, entry, { name, maxBytes, invalidFile }) : null;
  };
  const byteOrder = (await content('byteorder', MAX_NAME_BYTES))?.toString('latin1') ?? 'little';
  if (byteOrder !== 'little')
    throw invalidFile(`its values are stored in the byte order ${quote(byteOrder)}`);
  const pickle = await content('data.pkl', MAX_PICKLE_BYTES);
  if (!pickle) throw invalidFile('it has no data.pkl');
  const { signal } = file;
  const { value } = await unpickle(pickle, { globals: new TorchGlobals(invalidFile), invalidFile, signal });

  const { tensors: views, foreign } = stateDictIn(value, invalidFile);
  const keys = [...new Set(views.map(([, { storage }]) => storage.key))];
  const spans = new Map<string, ZipEntry>();
  await forEachAtOnce(keys, AT_ONCE, async (key) => {
    const entry = await zip.find(`${root}/data/${key}`);
    if (!entry) throw invalidFile(`it lacks the storage ${quote(key)}`);
    spans.set(key, entry);
  });
  const verify = () =>
    forEachAtOnce([...spans], AT_ONCE, ([key, entry]) => checkEntry(file, entry, `data/${key}`, invalidFile));
  return { tensors: locate(views, spans, file, invalidFile), foreign, metadata: {}, verify };
}

/** The storages of a network are hundreds, most of them small: one after the other, waiting for them takes longer than reading them. */
const AT_ONCE = 4;

/** @throws the first error, when what was under way has ended. */
async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const errors: unknown[] = [];
  const workOff = async () => {
    for (const item of left) {
      if (errors.length > 0) return;
      await work(item).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, workOff));
  if (errors.length > 0) throw errors[0];
}

/** All entries are in one folder, which has the name of the file that was saved. */
function rootOf(zip: ZipArchive, invalidFile: InvalidFile): string {
  const names = [...zip.names];
  const roots = names.flatMap((name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []);
  const [root] = roots;
  if (root === undefined || roots.length > 1) {
    throw invalidFile(zipKind(names));
  }
  if (names.includes(`${root}/constants.pkl`)) {
    throw invalidFile(
      'it is a TorchScript program. In Python, torch.save(torch.jit.load(path).state_dict(), new_path)',
    );
  }
  return root;
}

/** What other programs keep in ZIP archives. */
function zipKind(names: readonly string[]): string {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/^model\.weights\.h5$/)) {
    return 'it is a model of Keras. In Python, build the same network in PyTorch with its weights and save the state_dict()';
  }
  if (has(/\.npy$/)) return 'it is an archive of NumPy arrays. In Python, write them as safetensors';
  const inside = names.find((name) => /\.(pth|pt|safetensors)$/.test(name));
  if (inside !== undefined)
    return `it is a ZIP archive with ${quote(inside)} in it. Unpack it and name that file`;
  return 'it is a ZIP archive, but not one of torch.save: it needs one data.pkl in a folder';
}

async function readEntry(
  file: OpenFile,
  entry: ZipEntry,
  { name, maxBytes, invalidFile }: { name: string; maxBytes: number; invalidFile: InvalidFile },
): Promise<Buffer> {
  if (entry.bytes > maxBytes) {
    throw invalidFile(`its ${name} takes ${entry.bytes} bytes; at most ${maxBytes} are read`);
  }
  const slices: Buffer[] = [];
  await checkEntry(file, entry, name, invalidFile, (slice) => slices.push(Buffer.from(slice)));
  return Buffer.concat(slices);
}

async function checkEntry(
  file: OpenFile,
  entry: ZipEntry,
  name: string,
  invalidFile: InvalidFile,
  use: (slice: Buffer) => void = () => {},
): Promise<void> {
  let crc = 0;
  const cutShort = () => invalidFile('it was cut short while being read');
  for await (const slice of file.slices(entry.offset, entry.bytes, cutShort)) {
    crc = crc32(slice, crc);
    use(slice);
  }
  if (crc === entry.crc32) return;
  throw invalidFile(
    `the checksum of its entry ${quote(name)} does not match: bytes of it changed after it was written, or it was saved without checksums (set_crc32_options)`,
  );
}
