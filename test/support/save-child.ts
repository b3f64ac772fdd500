/**
 * `node -r test/support/register.cjs save-child.ts <folder> [<uid>]`: opens a store, becomes the user, saves a checkpoint of 200
 * KB and prints the error.
 */
import { CheckpointStore } from '../../src/train/checkpoint-store.js';
import { writeCheckpointFile } from './checkpoint-file.js';

async function main(): Promise<void> {
  const [, , dir = '', uid] = process.argv;
  const store = await CheckpointStore.open(dir, { resumedAt: 1, onWarning: console.error });
  if (uid !== undefined) process.setuid?.(Number(uid));
  const about = { step: 2, epoch: 0, isEpochEnd: false, score: null };
  const saving = store.save((path) => writeCheckpointFile(path, about, 200), about);
  console.log(JSON.stringify(await saving.catch(({ name, code, message }) => ({ name, code, message }))));
  await store.close();
}

main();
