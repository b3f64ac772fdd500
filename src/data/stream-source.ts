import { isUint8Array } from '../core/validation.js';
import { readImageFile } from './decode.js';
import { Xoshiro128 } from './sampler.js';
import { type BatchSource, checkLabel, copyOfBytes, type Sample } from './samples.js';
import type { Shard } from './shards.js';
import type { StreamDataset } from './stream-dataset.js';
import { type Arrival, StreamReader } from './stream-reader.js';

export interface StreamSourceOptions {
  batchSize: number;
  dropLast: boolean;
  /** 0 for the order of arrival. */
  shuffleBuffer: number;
  shard: Shard;
  /** The batch to begin with: what comes before is taken from the stream and dropped, undecoded. */
  start: number;
  seed: bigint;
  epoch: number;
}

/** One epoch of a stream: arrivals → shuffled → this shard's → those of one batch. */
export function streamSource(source: StreamDataset, plan: StreamSourceOptions): BatchSource {
  const { seed, epoch, shuffleBuffer, shard } = plan;
  const reader = new StreamReader(source, epoch);
  const random = Xoshiro128.seeded(seed, epoch);
  const arrivals =
    shuffleBuffer === 0 ? reader.arrivals() : shuffled(reader.arrivals(), shuffleBuffer, random);
  const groups = grouped(ofShard(arrivals, source, shard), plan);
  return {
    // An async generator puts calls that come early in line.
    next: async () => (await groups.next()).value ?? null,
    close: (wait) => reader.close(wait),
  };
}

/** Shuffles with a buffer of `size` arrivals: each next one is drawn from it. */
async function* shuffled(
  arrivals: AsyncIterable<Arrival>,
  size: number,
  random: Xoshiro128,
): AsyncGenerator<Arrival, void> {
  const held: Arrival[] = [];
  const replace = (at: number, arrival: Arrival) => held.splice(at, 1, arrival)[0] as Arrival;
  for await (const arrival of arrivals) {
    if (held.length < size) held.push(arrival);
    else yield replace(random.below(size), arrival);
  }
  while (held.length > 0) {
    const drawn = random.below(held.length);
    const last = held.pop() as Arrival;
    yield drawn < held.length ? replace(drawn, last) : last;
  }
}

/**
 * All shards shuffle alike, and each takes every `of`-th of what comes out. An incomplete last round of the shards is left out, so
 * that all have the same number of steps; so a sample is handed on when its round is complete.
 */
async function* ofShard(
  arrivals: AsyncIterable<Arrival>,
  source: StreamDataset,
  { rank, worldSize }: Shard,
): AsyncGenerator<Sample, void> {
  let position = 0;
  let mine: Sample | null = null;
  for await (const arrival of arrivals) {
    const place = position % worldSize;
    if (place === rank) mine = toSample(arrival, position, source);
    if (mine && place === worldSize - 1) yield mine;
    position++;
  }
}

async function* grouped(
  samples: AsyncIterable<Sample>,
  { batchSize, dropLast, start }: StreamSourceOptions,
): AsyncGenerator<Sample[], void> {
  let toDrop = start * batchSize;
  let group: Sample[] = [];
  for await (const sample of samples) {
    if (toDrop > 0) toDrop--;
    else if (group.push(sample) === batchSize) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0 && !dropLast) yield group;
}

function toSample(
  { index, sample }: Arrival,
  indexInEpoch: number,
  { classes, decoding }: StreamDataset,
): Sample {
  const { image, label } = sample;
  const name = sample.name ?? (typeof image === 'string' ? image : `sample ${index}`);
  return {
    index,
    indexInEpoch,
    name,
    decoding,
    label: () => checkLabel(name, label, classes),
    read: async () => {
      if (typeof image === 'string') return readImageFile(image);
      return isUint8Array(image) ? copyOfBytes(name, image) : image;
    },
  };
}
