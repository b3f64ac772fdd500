/** Gives the parity tests, in whatever process they run, one file to add the rows of their table to. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setUp(): void {
  process.env.GOOGLENET_PARITY_ROWS = join(
    mkdtempSync(join(tmpdir(), 'googlenet-parity-rows-')),
    'rows.jsonl',
  );
}
