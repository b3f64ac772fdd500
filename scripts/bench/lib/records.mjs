// The raw figures of a benchmark.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** One JSON object a line. */
export function writeRecords(file, records) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${records.map((record) => JSON.stringify(record)).join('\n')}\n`);
  console.log(`\nThe raw figures are in ${file}.`);
}
