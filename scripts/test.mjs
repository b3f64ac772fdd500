// npm test -- [jest arguments]: set-up, lint, then every jest project. Ends with the line `N passed, N failed, N skipped`.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bootstrap, root, run } from './bootstrap.mjs';
import { lint } from './lint.mjs';

/** Test titles carry the reason of a skip after this mark; test/support/skip.ts writes it. */
const reasonMark = ' — skipped: ';

/** Jest's exit status and its results, which stay in .googlenet/. */
async function runJest(args) {
  const outputFile = join(root, '.googlenet/test-results.json');
  mkdirSync(dirname(outputFile), { recursive: true });
  rmSync(outputFile, { force: true });
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'test/jest.config.js'];
  const status = await run(process.execPath, [...jest, '--json', '--outputFile', outputFile, ...args]);
  const results = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined;
  return { status, results };
}

function printSkipped(results) {
  const skipped = results.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'pending' || status === 'todo')
      .map(({ ancestorTitles, title }) => ({
        file: name.slice(root.length + 1),
        titles: [...ancestorTitles, title],
      })),
  );
  for (const { file, titles } of skipped) {
    const reason = titles.map((title) => title.split(reasonMark)[1]).find(Boolean);
    const title = titles.map((part) => part.split(reasonMark)[0]).join(' › ');
    console.log(`SKIPPED ${file}: ${title}\n        because: ${reason ?? 'no reason given'}`);
  }
}

await bootstrap();
const isClean = await lint();
const { status, results } = await runJest(process.argv.slice(2));
if (results) printSkipped(results);

const passed = results?.numPassedTests ?? 0;
const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
// A file that does not even run counts as a failed test, and so do a jest that fails otherwise, and lint.
const inTests = (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0);
const failed = (inTests === 0 && status !== 0 ? 1 : inTests) + (isClean ? 0 : 1);
if (passed + failed === 0) console.error('No test ran.');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
