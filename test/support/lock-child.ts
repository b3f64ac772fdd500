/** `node -r test/support/register.cjs lock-child.ts <folder>`: locks it, says so and stays until it is killed. */
import { lockFolder } from '../../src/train/folder-lock.js';

async function main(): Promise<void> {
  await lockFolder(process.argv[2] ?? '', 'training');
  console.log(process.pid);
  setInterval(() => undefined, 1000);
}

main();
