import { integer, readOptions } from '../core/validation.js';

/** Which part of every epoch one of several processes works on. */
export interface Shard {
  /** In [0, `of`). */
  readonly rank: number;
  /** How many processes there are. */
  readonly of: number;
}

/** More than any cluster has. */
const MAX_SHARDS = 2 ** 16;

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readShard(value: unknown): Shard {
  const { rank, of } = readOptions('shard', value ?? { rank: 0, of: 1 }, ['rank', 'of']);
  const count = integer('shard.of', of, 1, MAX_SHARDS);
  return { rank: integer('shard.rank', rank, 0, count - 1), of: count };
}

/**
 * How many images of an epoch of `length` each shard has: all shards have the same number, and so the same number of steps.
 * Shard r has the positions r, r + of, r + 2·of, … of the epoch's one order. Where `of` does not divide `length`, the order either
 * goes on from its beginning (a few images are seen twice) or, with `drop`, ends before its incomplete last round.
 */
export const shardLength = (length: number, { of }: Shard, drop: boolean): number =>
  drop ? Math.floor(length / of) : Math.ceil(length / of);
