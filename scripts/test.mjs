// npm test, npm run test:long -- [jest arguments]: setup, lint, then the jest projects of one suite or both. Ends with the ten slowest
// files and the line `N passed, N failed, N skipped`.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bootstrap, root, run } from './lib/bootstrap.mjs';
import { buildTestPrograms } from './lib/test-programs.mjs';
import { lint } from './lint.mjs';

const SUITES = ['fast', 'long', 'all'];
const SLOWEST = 10;

/** Test titles carry the reason of a skip after this mark; test/support/skip.ts writes it. */
const reasonMark = ' — skipped: ';

/** `--suite NAME`, and what is left for jest. */
function readArguments([first, name, ...rest]) {
  if (first !== '--suite') return { suite: 'fast', jestArguments: process.argv.slice(2) };
  if (SUITES.includes(name)) return { suite: name, jestArguments: rest };
  console.error(`INVALID_ARGUMENT: --suite takes ${SUITES.join(', ')}.`);
  process.exit(2);
}

/** Jest's exit status and its results, which stay in .googlenet/. */
async function runJest(args, env) {
  const outputFile = join(root, '.googlenet/test-results.json');
  mkdirSync(dirname(outputFile), { recursive: true });
  rmSync(outputFile, { force: true });
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'test/jest.config.js'];
  const status = await run(process.execPath, [...jest, '--json', '--outputFile', outputFile, ...args], {
    env: { ...process.env, ...env },
  });
  const results = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined;
  return { status, results };
}

const fileOf = ({ name }) => name.slice(root.length + 1);

function printSkipped(results) {
  const skipped = results.testResults.flatMap((file) =>
    file.assertionResults
      .filter(({ status }) => status === 'pending' || status === 'todo')
      .map(({ ancestorTitles, title }) => ({ file: fileOf(file), titles: [...ancestorTitles, title] })),
  );
  for (const { file, titles } of skipped) {
    const reason = titles.map((title) => title.split(reasonMark)[1]).find(Boolean);
    const title = titles.map((part) => part.split(reasonMark)[0]).join(' › ');
    console.log(`SKIPPED ${file}: ${title}\n        because: ${reason ?? 'no reason given'}`);
  }
}

function printSlowest({ testResults }) {
  const seconds = ({ startTime, endTime }) => (endTime - startTime) / 1000;
  const slowest = testResults.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST);
  console.log(`\nThe slowest of ${testResults.length} files:`);
  for (const file of slowest) console.log(`${seconds(file).toFixed(1).padStart(7)} s  ${fileOf(file)}`);
}

const { suite, jestArguments } = readArguments(process.argv.slice(2));
await bootstrap();
const isClean = await lint();
const programs = suite === 'fast' ? undefined : buildTestPrograms();
const { status, results } = await runJest(jestArguments, {
  GOOGLENET_SUITE: suite,
  ...(programs && { GOOGLENET_TEST_PROGRAMS_BUILDER: String(programs.pid) }),
});
programs?.kill();
if (results) {
  printSkipped(results);
  printSlowest(results);
}

const passed = results?.numPassedTests ?? 0;
const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
// A file that does not even run counts as a failed test, and so do a jest that fails otherwise, and lint.
const inTests = (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0);
const failed = (inTests === 0 && status !== 0 ? 1 : inTests) + (isClean ? 0 : 1);
if (passed + failed === 0) console.error('No test ran.');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
