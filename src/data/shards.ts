import { integer, readOptions } from '../core/validation.js';

/** Which part of every epoch one of several processes works on. */
export interface Shard {
  /** In [0, `worldSize`). */
  readonly rank: number;
  /** How many processes there are. */
  readonly worldSize: number;
}

/** More than any cluster has. */
const MAX_SHARDS = 2 ** 16;

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readShard(value: unknown): Shard {
  const { rank, worldSize } = readOptions('shard', value ?? { rank: 0, worldSize: 1 }, ['rank', 'worldSize']);
  const count = integer('shard.worldSize', worldSize, 1, MAX_SHARDS);
  return { rank: integer('shard.rank', rank, 0, count - 1), worldSize: count };
}

/**
 * How many images of an epoch of `length` each shard has: all shards have the same number, and so the same number of steps.
 * Shard r has the positions r, r + worldSize, r + 2·worldSize, … of the epoch's one order. Where `worldSize` does not divide `length`, the order either
 * starts again at its beginning (a few images are seen twice) or, with `drop`, ends before its incomplete last round.
 */
export const shardLength = (length: number, { worldSize }: Shard, drop: boolean): number =>
  drop ? Math.floor(length / worldSize) : Math.ceil(length / worldSize);
