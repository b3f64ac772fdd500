/** The folder of a run's checkpoints, from which the run can resume whenever it was killed. */
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { makeFolder } from '../core/files/make-folder.js';
import { integer, path as readPath } from '../core/validation.js';
import { type Checkpoint, checkCheckpoint, readCheckpoint } from './checkpoint.js';
import { type CheckpointFile, checkpointsIn, isUnfinished, nameOf } from './checkpoint-files.js';
import {
  type CheckpointInfo,
  type CheckpointPolicy,
  readCheckpointPolicy,
  selectKept,
} from './checkpoint-policy.js';
import { lockFolder, type Unlock } from './folder-lock.js';
import { explainSaveError } from './save-error.js';
import type { TrainState } from './train-state.js';

export interface StoredCheckpoint extends CheckpointInfo {
  readonly path: string;
}

/** What the rules need to know of a checkpoint. */
export const describeCheckpoint = ({
  path,
  state,
  score,
}: Pick<Checkpoint, 'state' | 'score'> & { path: string }): StoredCheckpoint => ({
  path,
  step: state.globalStep,
  epoch: state.epoch,
  isEpochEnd: isBetweenEpochs(state),
  score,
});

export interface StoreOptions extends CheckpointPolicy {
  /**
   * The step that the run resumed at; null for a new run, which needs a folder without checkpoints. Checkpoints of later steps
   * are abandoned: they stay until the first new checkpoint is on the disk, which replaces all of them.
   */
  resumedAt: number | null;
  /** A checkpoint of the folder that was read already, so that it is not opened again. */
  known?: StoredCheckpoint | null;
  /** Called for failures that do not stop the run: a checkpoint that cannot be removed, or whose header cannot be read. */
  onWarning: (warning: GoogLeNetError) => void;
}

export class CheckpointStore {
  readonly dir: string;
  readonly #rules: Required<CheckpointPolicy>;
  readonly #onWarning: StoreOptions['onWarning'];
  readonly #unlock: Unlock;
  /** What the header says, by file name; null if it cannot be read, so that no rule counts the file. */
  readonly #known = new Map<string, StoredCheckpoint | null>();
  /** Until the first save: checkpoints beyond this step are abandoned. */
  #resumedAt: number | null = null;

  private constructor(
    dir: string,
    rules: Required<CheckpointPolicy>,
    unlock: Unlock,
    { onWarning, known = null }: StoreOptions,
  ) {
    if (known !== null) this.#known.set(basename(known.path), known);
    this.dir = dir;
    this.#rules = rules;
    this.#unlock = unlock;
    this.#onWarning = onWarning;
  }

  /**
   * Makes the folder, locks it until `close`, and removes files that a killed process has left half written.
   * @throws GoogLeNetError `INVALID_ARGUMENT` where another run is at work in the folder, or a new run finds checkpoints there;
   * `FILE_ERROR`
   */
  static async open(dir: string, options: StoreOptions): Promise<CheckpointStore> {
    const rules = readCheckpointPolicy(options);
    const resumedAt = options.resumedAt === null ? null : integer('resumedAt', options.resumedAt, 0);
    await makeFolder(readPath('checkpointDir', dir));
    const store = new CheckpointStore(dir, rules, await lockFolder(dir, 'training'), options);
    try {
      await store.#prepare(resumedAt);
      return store;
    } catch (error) {
      await store.close();
      throw fromFileError(error, 'read', dir);
    }
  }

  /** Unlocks the folder. Calling it again does nothing. */
  close(): Promise<void> {
    return this.#unlock();
  }

  /**
   * Writes a checkpoint, then removes those that no rule keeps: the disk needs room for one more than are kept. A checkpoint of the
   * same step is replaced.
   * @param write writes the checkpoint to a path, all of it or nothing.
   * @returns its path.
   * @throws GoogLeNetError `FILE_ERROR` where it cannot be written: the earlier ones are then as they were, and the run can be
   * saved elsewhere; what `write` throws.
   */
  async save(write: (path: string) => Promise<void>, about: CheckpointInfo): Promise<string> {
    const { step, epoch, isEpochEnd, score } = about;
    let name = nameOf(step, this.#resumedAt);
    try {
      // First completes the replacement that an earlier process began: its file would outrank the new one.
      await this.#completeReplacement();
      await write(join(this.dir, name));
      if (this.#resumedAt !== null && (await this.#completeReplacement())) {
        this.#resumedAt = null;
        name = nameOf(step);
      }
    } catch (error) {
      throw explainSaveError(fromFileError(error, 'write to', this.dir), step, this.dir);
    }
    const path = join(this.dir, name);
    this.#known.set(name, { path, step, epoch, isEpochEnd, score });
    await this.#removeSurplus().catch((error) => this.#warn(fromFileError(error, 'tidy up', this.dir)));
    return path;
  }

  /** Newest first, without those whose header cannot be read. @throws GoogLeNetError `FILE_ERROR` */
  async list(): Promise<StoredCheckpoint[]> {
    const stored: StoredCheckpoint[] = [];
    for (const file of await checkpointsIn(this.dir)) {
      const checkpoint = await this.#about(file);
      if (checkpoint !== null) stored.push(checkpoint);
    }
    return stored;
  }

  async #prepare(resumedAt: number | null): Promise<void> {
    for (const name of await readdir(this.dir)) {
      if (isUnfinished(name)) await this.#remove(name);
    }
    await this.#removeDamagedReplacements();
    const present = await checkpointsIn(this.dir);
    if (resumedAt !== null) {
      if (present.some(({ step }) => step > resumedAt)) this.#resumedAt = resumedAt;
    } else if (present.length > 0) {
      const message = `${this.dir} holds the checkpoints of another run. Resume from one of them, or choose another folder.`;
      throw new GoogLeNetError('INVALID_ARGUMENT', message);
    }
  }

  /** A checkpoint that cannot be loaded must not replace others. */
  async #removeDamagedReplacements(): Promise<void> {
    for (const { name, replacesFrom } of await checkpointsIn(this.dir)) {
      if (replacesFrom === null) continue;
      try {
        await checkCheckpoint(join(this.dir, name));
      } catch (error) {
        this.#warn(error);
        await this.#remove(name);
      }
    }
  }

  /**
   * A checkpoint that replaces all beyond the step that its run resumed at is written under a name that says so and makes it
   * the newest. It gets its usual name when the others are gone, so no kill in between can bring them back.
   * @returns false if one of them cannot be removed and would then be the newest.
   */
  async #completeReplacement(): Promise<boolean> {
    const [newest, ...others] = await checkpointsIn(this.dir);
    if (newest === undefined || newest.replacesFrom === null) return true;
    let isNewest = true;
    for (const { name, step, replacesFrom } of others) {
      if (step <= newest.replacesFrom && replacesFrom === null) continue;
      const isGone = await this.#remove(name);
      if (!isGone && step > newest.step) isNewest = false;
    }
    if (isNewest) await rename(join(this.dir, newest.name), join(this.dir, nameOf(newest.step)));
    return isNewest;
  }

  async #removeSurplus(): Promise<void> {
    const stored = await this.list();
    const keep = selectKept(stored, this.#rules);
    for (const checkpoint of stored) {
      if (!keep.has(checkpoint)) await this.#remove(basename(checkpoint.path));
    }
  }

  async #about({ name, step }: CheckpointFile): Promise<StoredCheckpoint | null> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const path = join(this.dir, name);
    let about: StoredCheckpoint | null = null;
    try {
      about = { ...describeCheckpoint({ path, ...(await readCheckpoint(path)) }), step };
    } catch (error) {
      this.#warn(error);
    }
    this.#known.set(name, about);
    return about;
  }

  /** @returns whether the file is gone. */
  async #remove(name: string): Promise<boolean> {
    const path = join(this.dir, name);
    try {
      await rm(path, { force: true });
      this.#known.delete(name);
      return true;
    } catch (error) {
      this.#warn(fromFileError(error, 'remove', path));
      return false;
    }
  }

  #warn(error: unknown): void {
    if (!(error instanceof GoogLeNetError)) throw error;
    this.#onWarning(error);
  }
}

/** Whether a checkpoint was made between two epochs, not within one and not before the first. */
const isBetweenEpochs = ({ epoch, step }: TrainState): boolean => step === 0 && epoch > 0;
