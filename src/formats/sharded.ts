/**
 * Weights in several safetensors files with an index, `model.safetensors.index.json`, that says which tensor is where. Written by
 * https://github.com/huggingface/huggingface_hub for models that are too large for one file.
 */
import { dirname, join } from 'node:path';
import { assertShallow } from '../core/json-depth.js';
import type { Contents, ForeignTensor, Format, ReadOptions, StoredTensor } from './format.js';
import type { InvalidFile } from './invalid-file.js';
import type { OpenFile } from './open-files.js';
import { quote } from './quote.js';
import { SAFETENSORS } from './safetensors.js';

const MAX_INDEX_BYTES = 2 ** 20;
/** Each is an open file for as long as the weights are read. */
const MAX_SHARDS = 256;
const PLAIN_NAME = /^[^/\\\0]{1,243}\.safetensors$/;
/** Its maps are one deep; what programs note next to them may be a little deeper. */
const MAX_DEPTH = 8;

export const SHARDED: Format = {
  name: 'an index of safetensors files',
  recognizes: (head) => head[0] === 0x7b,
  read: readSharded,
};

async function readSharded(index: OpenFile, options: ReadOptions): Promise<Contents> {
  const { invalidFile, open } = options;
  const files = await readIndex(index, invalidFile);
  const names = [...new Set(files.values())];
  if (names.length > MAX_SHARDS)
    throw invalidFile(`it names ${names.length} files; at most ${MAX_SHARDS} are read`);
  const tensors: StoredTensor[] = [];
  const foreign: ForeignTensor[] = [];
  const shards: Contents[] = [];
  for (const name of names) {
    const shard = await open(join(dirname(index.path), name));
    const invalidShard: InvalidFile = (what, code) =>
      invalidFile(`its file ${name} cannot be read: ${what}`, code);
    const contents = await SAFETENSORS.read(shard, { ...options, invalidFile: invalidShard });
    shards.push(contents);
    const isListed = (tensor: { name: string }) => files.get(tensor.name) === name;
    for (const tensor of contents.tensors) if (isListed(tensor)) tensors.push(tensor);
    for (const tensor of contents.foreign) if (isListed(tensor)) foreign.push(tensor);
  }
  const found = new Set([...tensors, ...foreign].map(({ name }) => name));
  const lost = [...files.keys()].find((name) => !found.has(name));
  if (lost !== undefined) throw invalidFile(`${files.get(lost)} lacks the tensor ${quote(lost)}`);
  const verify = async () => {
    for (const shard of shards) await shard.verify();
  };
  return { tensors, foreign, metadata: {}, verify };
}

/** Tensor → file. */
async function readIndex(index: OpenFile, invalidFile: InvalidFile): Promise<Map<string, string>> {
  if (index.size > MAX_INDEX_BYTES) {
    throw invalidFile(`it has ${index.size} bytes; at most ${MAX_INDEX_BYTES} are read`);
  }
  const bytes = await index.read(index.size, 0);
  if (!bytes) throw invalidFile('it was cut short while being read');
  assertShallow(bytes, MAX_DEPTH, 'it', invalidFile);
  const map = weightMapIn(bytes.toString('utf8'));
  if (map === null) {
    throw invalidFile(
      'it is no JSON with a weight_map, which says what tensor is in which file. Name the file of weights itself',
    );
  }
  for (const [tensor, file] of map) {
    // Only files next to the index: a downloaded one must not read others.
    if (typeof file !== 'string' || !PLAIN_NAME.test(file)) {
      throw invalidFile(`its weight_map gives ${quote(tensor)} no file next to it`);
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
