/** What the parity tests, in whatever process they run, find in their environment. Imports nothing of ours: jest loads it without its module map. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export default function setUp(): void {
  // One file to add the rows of the table to.
  process.env.GOOGLENET_PARITY_ROWS = join(
    mkdtempSync(join(tmpdir(), 'googlenet-parity-rows-')),
    'rows.jsonl',
  );
  process.env.GOOGLENET_NO_TENSORBOARD = whyNoTensorboard();
}

/** Empty where there is one. */
function whyNoTensorboard(): string {
  const support = resolve(__dirname, '../support');
  const args = ['-r', join(support, 'register.cjs'), join(support, 'tensorboard.ts')];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return stdout === '' ? `looking for it failed: ${stderr}` : (JSON.parse(stdout) ?? '');
}
