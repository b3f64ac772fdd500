/** Tensors of models and programs into one safetensors file. */
import { writeFileAtomic } from '../core/files/atomic-file.js';
import { allocate, copyInSlices } from '../core/staging-buffer.js';
import type { TensorInfo } from '../core/tensor.js';
import { CHECKSUM_PLACEHOLDER, writeChecksum } from '../formats/checksum.js';
import { MAX_HEADER_BYTES, planSafetensors } from '../formats/safetensors.js';
import { call } from '../native/call.js';
import type { CopyOut } from './layout.js';
import type { StateDict } from './state-dict.js';

/** One group of tensors of a file to be written, its names behind a prefix. */
export interface StoredGroup {
  prefix: string;
  tensors: readonly TensorInfo[];
  copy: CopyOut;
}

/** Tensors that are typed arrays already; they must not change until the file is written. */
export function storedGroup(prefix: string, state: StateDict): StoredGroup {
  const tensors = Object.entries(state).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape: [...shape],
  }));
  const copy: CopyOut = ({ buffer, spans }) =>
    copyInSlices(
      buffer,
      spans.flatMap(({ name, offset }) => {
        const source = state[name]?.data;
        return source ? [{ source, offset }] : [];
      }),
    );
  return { prefix, tensors, copy };
}

/**
 * Writes groups of tensors, each a consistent snapshot, into one safetensors file with a checksum: all of it or, after a failure,
 * nothing.
 * @param metadata what the file says besides its tensors, for which the header has that many bytes left.
 */
export async function saveFile(
  path: string,
  groups: readonly StoredGroup[],
  metadata: (room: number) => Promise<Record<string, string>>,
): Promise<void> {
  const named = groups.flatMap(({ prefix, tensors }) =>
    tensors.map((info) => ({ ...info, name: prefix + info.name })),
  );
  const { header: table, spans, dataBytes } = planSafetensors(named, CHECKSUM_PLACEHOLDER);
  const buffer = allocate(dataBytes);
  const copies = groups.map(({ prefix, tensors, copy }) => {
    const own = new Set(tensors.map(({ name }) => prefix + name));
    const mine = spans.filter(({ name }) => own.has(name));
    return { copy, spans: mine.map((span) => ({ ...span, name: span.name.slice(prefix.length) })) };
  });
  // Asked for in one turn, so that no training step comes between them.
  const [description] = await Promise.all([
    metadata(MAX_HEADER_BYTES - table.length),
    ...copies.map(({ copy, spans }) => call(() => copy({ buffer, spans }))),
  ]);
  const { header } = planSafetensors(named, { ...CHECKSUM_PLACEHOLDER, ...description });
  await writeChecksum(header, buffer);
  await writeFileAtomic(path, [header, buffer]);
}
