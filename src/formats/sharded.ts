/**
 * Weights in several safetensors files with an index, `model.safetensors.index.json`, that says which tensor is where. Written by
 * https://github.com/huggingface/huggingface_hub for models that are too large for one file.
 */
import { dirname, join } from 'node:path';
import type { Contents, Format, ReadOptions, StoredTensor } from './format.js';
import type { InvalidFile } from './invalid-file.js';
import { type OpenFile, readBytes } from './open-files.js';
import { SAFETENSORS } from './safetensors.js';

const MAX_INDEX_BYTES = 2 ** 20;
/** Each is an open file for as long as the weights are read. */
const MAX_SHARDS = 256;
const PLAIN_NAME = /^[^/\\]+\.safetensors$/;

export const SHARDED: Format = {
  name: 'an index of safetensors files',
  recognizes: (head) => head[0] === 0x7b,
  read: readSharded,
};

async function readSharded(index: OpenFile, options: ReadOptions): Promise<Contents> {
  const { invalidFile, open } = options;
  const places = await readIndex(index, invalidFile);
  const names = [...new Set(places.values())];
  if (names.length > MAX_SHARDS)
    throw invalidFile(`it names ${names.length} files; at most ${MAX_SHARDS} are read`);
  const tensors: StoredTensor[] = [];
  for (const name of names) {
    const shard = await open(join(dirname(index.path), name));
    const invalidShard: InvalidFile = (what, code) =>
      invalidFile(`its file ${name} cannot be read: ${what}`, code);
    const contents = await SAFETENSORS.read(shard, { ...options, invalidFile: invalidShard });
    const listed = contents.tensors.filter((tensor) => places.get(tensor.name) === name);
    tensors.push(...listed);
  }
  const found = new Set(tensors.map(({ name }) => name));
  const lost = [...places.keys()].find((name) => !found.has(name));
  if (lost !== undefined) throw invalidFile(`${places.get(lost)} lacks the tensor ${JSON.stringify(lost)}`);
  return { tensors, metadata: {} };
}

/** Tensor → file. */
async function readIndex(index: OpenFile, invalidFile: InvalidFile): Promise<Map<string, string>> {
  if (index.size > MAX_INDEX_BYTES) {
    throw invalidFile(`it has ${index.size} bytes; at most ${MAX_INDEX_BYTES} are read`);
  }
  const bytes = await readBytes(index, index.size, 0);
  const map = weightMapIn(bytes?.toString('utf8') ?? '');
  if (map === null) throw invalidFile('it is no JSON with a weight_map');
  for (const [tensor, file] of map) {
    // Only files beside the index: a downloaded one must not read others.
    if (typeof file !== 'string' || !PLAIN_NAME.test(file)) {
      throw invalidFile(`its weight_map gives ${JSON.stringify(tensor.slice(0, 100))} no file beside it`);
    }
  }
  return map as Map<string, string>;
}

function weightMapIn(text: string): Map<string, unknown> | null {
  try {
    const { weight_map: map } = JSON.parse(text) as { weight_map?: unknown };
    return typeof map === 'object' && map !== null ? new Map(Object.entries(map)) : null;
  } catch {
    return null;
  }
}
