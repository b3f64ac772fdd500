// `node scripts/fuzz-weights.mjs`: reads damaged and hostile files of every format of weights, and counts what comes of it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { checkChoice, counts, readFlags } from './flags.mjs';
import { FORMATS } from './fuzz-weights/formats.mjs';

const HELP = `node scripts/fuzz-weights.mjs [options]     (after npm run build)

Changes sound files at random: bytes become others, go missing, come twice, move; numbers and names of the format stand where they do
not belong. What is read from each is compared with what C++ relies on: every tensor inside the file, as large as its shape. Anything
but sound tensors or a documented error is a failure, and so is a process that dies.

  --tries N      files of each format (default 100000, about a minute)
  --seed N       of the changes (default 1)
  --format NAME  one of ${Object.keys(FORMATS).join(', ')} (default all)
`;

const flags = readFlags(HELP, { tries: '100000', seed: '1', format: undefined });
const [tries, seed] = counts(flags, 'tries', 'seed').map(String);
checkChoice(flags, 'format', Object.keys(FORMATS));

/** One process a format, so that one that dies is noticed and its memory is its own. */
async function fuzz(format) {
  const worker = fork(fileURLToPath(new URL('./fuzz-weights/worker.mjs', import.meta.url)), [
    format,
    tries,
    seed,
  ]);
  let result = null;
  worker.on('message', (message) => {
    result = message;
  });
  const [code, signal] = await once(worker, 'exit');
  if (result === null) return { format, isGood: false, row: [format, tries, `died: ${signal ?? code}`] };
  const { sound, refused, failures, slowestMs, slowestBytes, memoryMiB } = result;
  for (const failure of failures) console.log(`${format}: ${failure}`);
  const codes = Object.entries(refused).map(([name, count]) => `${name} ${count}`);
  return {
    isGood: failures.length === 0,
    row: [
      format,
      tries,
      '0',
      String(failures.length),
      String(sound),
      codes.join(', '),
      `${slowestMs.toFixed(1)} ms (${slowestBytes} bytes)`,
      `+${memoryMiB.toFixed(0)} MiB`,
    ],
  };
}

const names = flags.format === undefined ? Object.keys(FORMATS) : [flags.format];
const results = [];
for (const name of names) results.push(await fuzz(name));
const header = ['format', 'files', 'crashes', 'failures', 'sound', 'refused', 'slowest', 'peak memory'];
const rows = [header, ...results.map(({ row }) => row)];
const widths = header.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
console.log();
for (const row of rows)
  console.log(
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
if (!results.every(({ isGood }) => isGood)) process.exitCode = 1;
