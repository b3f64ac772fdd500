// npm test -- [jest arguments]: set-up, lint, then every jest project. Ends with the line `N passed, N failed, N skipped`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, root, run } from './bootstrap.mjs';
import { lint } from './lint.mjs';

/** Test titles carry the reason of a skip after this mark; test/support/skip.ts writes it. */
const reasonMark = ' — skipped: ';

async function runJest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'googlenet-jest-'));
  const outputFile = join(folder, 'results.json');
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'test/jest.config.js'];
  try {
    await run(process.execPath, [...jest, '--json', '--outputFile', outputFile, ...args]);
    return JSON.parse(readFileSync(outputFile, 'utf8'));
  } catch (error) {
    console.error(`jest left no results: ${error.message}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
const results = await runJest(process.argv.slice(2));
if (results) printSkipped(results);

const passed = results?.numPassedTests ?? 0;
// A file that does not even run counts as a failed test, and so does lint.
const broken = results ? results.numRuntimeErrorTestSuites : 1;
const failed = (results?.numFailedTests ?? 0) + broken + (isClean ? 0 : 1);
const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
if (passed + failed === 0) console.error('No test ran.');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
