/** The names of checkpoints in a run's folder. */
import { readdir } from 'node:fs/promises';
import { fromFileError } from '../core/errors.js';

export interface CheckpointFile {
  name: string;
  /** Completed steps of the run. */
  step: number;
  /** Set while the file replaces all others beyond this step. */
  replacesFrom: number | null;
}

/** Padded so that a folder sorted by name is sorted by step. */
const digits = (step: number): string => String(step).padStart(8, '0');

/** @param replacesFrom see {@link CheckpointFile}. */
export const nameOf = (step: number, replacesFrom: number | null = null): string =>
  `step-${digits(step)}${replacesFrom === null ? '' : `-replaces-from-${digits(replacesFrom)}`}.safetensors`;

/**
 * The checkpoints in a folder, newest first; none where there is no such folder.
 * @throws GoogLeNetError `FILE_ERROR`
 */
export async function checkpointsIn(dir: string): Promise<CheckpointFile[]> {
  try {
    return parseNames(await readdir(dir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fromFileError(error, 'read', dir);
  }
}

function parseNames(names: readonly string[]): CheckpointFile[] {
  const files = names.flatMap((name) => {
    const [, step, from] = /^step-(\d{8,16})(?:-replaces-from-(\d{8,16}))?\.safetensors$/.exec(name) ?? [];
    if (step === undefined) return [];
    const file = { name, step: Number(step), replacesFrom: from === undefined ? null : Number(from) };
    // Other spellings of a number, such as one zero more, are not files of ours.
    return name === nameOf(file.step, file.replacesFrom) ? [file] : [];
  });
  const isReplacement = ({ replacesFrom }: CheckpointFile) => Number(replacesFrom !== null);
  return files.sort((a, b) => isReplacement(b) - isReplacement(a) || b.step - a.step);
}

/** A temporary file of a writer (see `writeFileAtomic`) that was killed amid a checkpoint. */
export const isUnfinished = (name: string): boolean =>
  /^\.step-.*\.safetensors\.[\da-f-]{36}\.tmp$/.test(name);
