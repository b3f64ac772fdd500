// `node scripts/fuzz-weights.mjs`: reads malformed and damaged files of every format, and counts what comes of it.
import { createRequire } from 'node:module';
import { checkChoice, counts, readFlags, refuse } from './lib/flags.mjs';

const require = createRequire(import.meta.url);
require('../test/support/register.cjs');
const { fuzz, MOST_MEGABYTES, MOST_MS } = require('./fuzz-weights/fuzz.ts');
const { KINDS } = require('./fuzz-weights/kinds.ts');

const HELP = `node scripts/fuzz-weights.mjs [options]

Writes files of each kind and reads them in another process. Kinds are programs of pickle instructions, directories of ZIP archives,
headers and metadata with every extreme, idx files, and sound files that were damaged at random. Each must give what C++ relies on or an
error of this package, within ${MOST_MS / 1000} s of CPU and ${MOST_MEGABYTES} MB of memory; anything else is a failure, and so is a process that dies.

  --count N      files of each kind (default 100000)
  --seed N       of all that is random (default 1)
  --kind NAME    one of these (default all): ${Object.keys(KINDS)
    .map((kind) => `'${kind}'`)
    .join(', ')}
  --only N       reads one file of the kind, by the number that a failure names
  --folder PATH  leaves files that fail there, and the one of --only
`;

const flags = readFlags(HELP, {
  count: '100000',
  seed: '1',
  kind: undefined,
  only: undefined,
  folder: undefined,
});
const [count, seed] = counts(flags, 'count', 'seed');
checkChoice(flags, 'kind', Object.keys(KINDS));
if (flags.only !== undefined && flags.kind === undefined) refuse('--only takes the file of one --kind.');
if (flags.only !== undefined && !/^\d+$/.test(flags.only)) refuse('--only takes a number from 0 on.');
const only = flags.only === undefined ? undefined : Number(flags.only);

const COLUMNS = ['kind', 'files', 'failures', 'accepted', 'refused', 'worst CPU', 'worst memory'];
console.log(`| ${COLUMNS.join(' | ')} |\n|${'---|'.repeat(COLUMNS.length)}`);
for (const kind of flags.kind === undefined ? Object.keys(KINDS) : [flags.kind]) {
  const { files, failures, accepted, refused, worst } = await fuzz({
    ...{ kind, count, seed, only },
    folder: flags.folder,
  });
  for (const { number, failure } of failures) console.error(`${kind}, file ${number}: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
  const codes = Object.entries(refused).map(([code, times]) => `\`${code}\` ${times}`);
  const cells = [
    files,
    failures.length,
    accepted,
    codes.join(', '),
    `${worst.ms.toFixed(0)} ms`,
    `${worst.megabytes.toFixed(0)} MB`,
  ];
  console.log(`| ${[kind, ...cells].join(' | ')} |`);
}
