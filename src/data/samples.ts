import { allocate, copyInSlices } from '../core/staging-buffer.js';
import { invalid, isUint8Array } from '../core/validation.js';
import type { Dataset, RawImage } from './dataset.js';
import type { Decoding } from './decode-options.js';

/** An image that is still to be read. */
export interface Sample {
  /** In the dataset. */
  readonly index: number;
  /** Its index in the epoch's order of all shards, which seeds its augmentation. */
  readonly indexInEpoch: number;
  /** What messages call it. */
  readonly name: string;
  /** @throws GoogLeNetError `INVALID_LABEL` */
  label(): number;
  /** Pixels, or bytes of a file that is not decoded yet, in memory that no caller can detach. */
  read(): Promise<RawImage | Uint8Array>;
  /** How those bytes are decoded. */
  readonly decoding: Decoding;
}

/** Where batches come from: gives the samples of one batch after the other, in order. */
export interface BatchSource {
  /** Null at the end. May be called before the promise of an earlier call has settled. */
  next(): Promise<Sample[] | null>;
  /** @param wait whether to wait for calls under way. */
  close(wait: boolean): Promise<void>;
}

export const sampleName = (dataset: Dataset, index: number): string =>
  dataset.name?.(index) ?? `image ${index}`;

export function datasetSample(
  dataset: Dataset,
  index: number,
  indexInEpoch: number,
  decoding: Decoding,
): Sample {
  const name = sampleName(dataset, index);
  return {
    index,
    indexInEpoch,
    name,
    decoding,
    label: () => checkLabel(name, dataset.label(index), dataset.classes),
    read: async () => {
      if (!dataset.encoded) return dataset.image(index);
      return copyOfBytes(name, await dataset.encoded(index));
    },
  };
}

/** An `Int32Array` would turn any value into a class. @throws GoogLeNetError `INVALID_LABEL` */
export function checkLabel(name: string, label: unknown, classes: readonly string[]): number {
  if (Number.isInteger(label) && (label as number) >= 0 && (label as number) < classes.length)
    return label as number;
  throw invalid(`the label of ${name}`, `an integer in [0, ${classes.length - 1}]`, label, 'INVALID_LABEL');
}

/** sharp reads a file's bytes on another thread, where a caller that detaches them would end the process. */
export async function copyOfBytes(name: string, options: unknown): Promise<Uint8Array> {
  if (!isUint8Array(options)) throw invalid(`the bytes of ${name}`, 'a Uint8Array', options, 'INVALID_DTYPE');
  const copy = allocate(options.length);
  await copyInSlices(copy, [{ source: options, offset: 0 }]);
  return copy;
}
