/** Every kind of file that is fuzzed: how one is written, and who reads it. */
import { idxFile } from '../../test/support/idx.js';
import type { Dice } from './dice.js';
import { IDX_FILES } from './idx-files.js';
import { HEADERS, INDEXES } from './json-headers.js';
import { CHECKPOINTS, checkpointOf, PLANS, planOf } from './metadata.js';
import { damaged } from './mutate.js';
import { archiveOf, legacyOf, legacyOfMany } from './pickle-files.js';
import { PROGRAMS, SOUND_PROGRAM } from './pickle-programs.js';
import type { ReaderName } from './readers.js';
import { SAMPLES, type Sample, safetensorsFile } from './samples.js';
import { DIRECTORIES } from './zip-directories.js';

type Way = (dice: Dice, bytes: number) => Buffer | Promise<Buffer>;

export interface Kind {
  readonly reader: ReaderName;
  /** Ways to write a file; the numbers of files go through them in turn. */
  readonly ways: readonly Way[];
  /** Of the largest file, or its pickle or header, that the reader takes. */
  readonly mostBytes: number;
  /** A file that is read without an error. */
  readonly sound: () => Buffer | Promise<Buffer>;
  /** Files that it may refer to. */
  readonly neighbors?: () => Promise<Readonly<Record<string, Buffer>>>;
}

const MEBI = 2 ** 20;
const PICKLE = { reader: 'weights', mostBytes: 4 * MEBI } as const;
const HEADER = { reader: 'weights', mostBytes: MEBI } as const;

const programs = (file: (code: string, dice: Dice) => Buffer): Way[] =>
  Object.values(PROGRAMS).map((program) => (dice, bytes) => file(program(dice, bytes), dice));

const shard = async () => ({ '0.safetensors': await safetensorsFile() });

const WRITTEN: Readonly<Record<string, Kind>> = {
  'pickle programs': { ...PICKLE, ways: programs(archiveOf), sound: () => archiveOf(SOUND_PROGRAM) },
  'pickle programs, legacy': {
    ...PICKLE,
    ways: [
      ...programs((code, dice) => legacyOf(code, dice.once(2) ? 3 : dice.below(5))),
      (_, bytes) => legacyOfMany(bytes),
    ],
    sound: () => legacyOf(SOUND_PROGRAM, 3),
  },
  'ZIP directories': { ...PICKLE, ways: Object.values(DIRECTORIES), sound: () => archiveOf(SOUND_PROGRAM) },
  'safetensors headers': { ...HEADER, ways: Object.values(HEADERS), sound: safetensorsFile },
  'indices of safetensors': {
    ...HEADER,
    ways: Object.values(INDEXES),
    sound: safetensorsFile,
    neighbors: shard,
  },
  checkpoints: { ...HEADER, reader: 'checkpoint', ways: Object.values(CHECKPOINTS), sound: checkpointOf },
  plans: { ...HEADER, reader: 'plan', ways: Object.values(PLANS), sound: planOf },
  'idx files': {
    ...PICKLE,
    reader: 'idx',
    ways: Object.values(IDX_FILES),
    sound: () => idxFile([1, 1, 1], [0]),
  },
};

function damagedKind({ reader = 'weights', original, pieces, around, neighbors }: Sample): Kind {
  // It is the same for every file.
  let made: Promise<Buffer> | undefined;
  const sound = () => {
    made ??= original();
    return made;
  };
  const file = async (bytes: Buffer) => (around ? around(bytes) : bytes);
  const way = async (dice: Dice) => file(damaged(await sound(), pieces, dice));
  return {
    ...{ reader, mostBytes: 1, ways: [way], sound: async () => file(await sound()) },
    ...(neighbors && { neighbors }),
  };
}

const DAMAGED = Object.entries(SAMPLES).map(
  ([name, sample]) => [`damaged ${name}`, damagedKind(sample)] as const,
);

export const KINDS: Readonly<Record<string, Kind>> = { ...WRITTEN, ...Object.fromEntries(DAMAGED) };
