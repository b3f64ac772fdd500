import { mkdir, readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { type ComparedRun, differences, readRuns, results } from '../../src/report/compare.js';
import { compareCharts, runStyle } from '../../src/report/compare-charts.js';
import { comparisonPage } from '../../src/report/comparison-page.js';
import { comparisonSvg } from '../../src/report/comparison-svg.js';
import { writeComparison } from '../../src/report/write-comparison.js';
import type { RunRecord } from '../../src/run/records/records.js';
import { errorWith } from '../support/errors.js';
import { runRecords } from '../support/runs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

async function writeRun(name: string, records: readonly RunRecord[], settings?: object): Promise<string> {
  await mkdir(at(name), { recursive: true });
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  await writeFile(at(name, 'metrics.jsonl'), lines);
  const description = {
    train: null,
    validation: null,
    weights: null,
    classes: ['a'],
    environment: { node: 'v22' },
  };
  if (settings) await writeFile(at(name, 'settings.json'), JSON.stringify({ ...description, settings }));
  return at(name);
}

/** Runs of different lengths and heads, one whose first epoch has not finished, and one without records. */
async function manyRuns(): Promise<ComparedRun[]> {
  return readRuns([
    await writeRun('long', runRecords({ epochs: 12, stepsPerEpoch: 20, aux: true }), {
      lr: 0.01,
      seed: 1,
      nested: [1],
    }),
    await writeRun('short', runRecords({ epochs: 2, stepsPerEpoch: 50, validation: false }), {
      lr: 0.1,
      seed: 1,
    }),
    await writeRun('started', runRecords({ epochs: 0, stepsPerEpoch: 20, more: 3 }), {
      lr: 0.01,
      seed: 1,
      nested: [1],
    }),
    await writeRun('empty', []),
  ]);
}

const valuesOf = (rows: readonly { name: string; values: string[] }[]) =>
  Object.fromEntries(rows.map(({ name, values }) => [name, values]));

test('the results of all runs are in one table', async () => {
  const found = valuesOf(results(await manyRuns()));
  expect(found).toMatchObject({
    epochs: ['12', '2', '0', '0'],
    steps: ['240', '100', '3', '0'],
    'duration of all epochs': ['4 min 0 s', '40 s', '0 s', '0 s'],
    'training images/s': ['30.0', '30.0', '30.0', '–'],
    'training top-1': ['76.0 %', '42.3 %', '–', '–'],
    'best validation top-1': ['69.7 % (epoch 12)', '–', '–', '–'],
    'lowest validation loss': ['0.7859 (epoch 12)', '–', '–', '–'],
  });
});

test('settings are listed where they differ or a run does not record them', async () => {
  const runs = await manyRuns();
  expect(valuesOf(differences(runs.slice(0, 3)))).toEqual({
    lr: ['0.01', '0.1', '0.01'],
    nested: ['[1]', 'unknown', '[1]'],
  });
  expect(valuesOf(differences(runs))).toMatchObject({
    seed: ['1', '1', '1', 'unknown'],
    'node (environment)': ['v22', 'v22', 'v22', 'unknown'],
  });
});

test('a chart has a line for each run that has points', async () => {
  const charts = compareCharts(await manyRuns());
  const shown = charts.map(({ title, lines }) => [title, lines.length]);
  expect(shown).toEqual([
    ['Training loss', 3],
    ['Validation loss', 1],
    ['Training accuracy', 3],
    ['Validation accuracy', 1],
    ['Learning rate', 3],
  ]);
});

test('sixteen runs can be told apart without colors', async () => {
  const [run] = await manyRuns();
  const styles = Array.from({ length: 16 }, (_, i) => run && runStyle(run, i));
  expect(new Set(styles.map((style) => `${style?.dash} ${style?.marker}`)).size).toBe(16);
});

describe('A comparison is written', () => {
  test('as a page', async () => {
    const page = comparisonPage(await manyRuns());
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page.match(/<script|\ssrc=|href=|NaN|Infinity|undefined/)).toBeNull();
    expect(page.match(/<figure class="chart">/g)).toHaveLength(5);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('as SVG and PNG, also of runs without records', async () => {
    const runs = await manyRuns();
    for (const [some, height] of [
      [runs, 3 * 450 + 64],
      [runs.slice(3), 450 + 64],
    ] as const) {
      await writeComparison(some, at('curves.SVG'));
      expect((await readFile(at('curves.SVG'), 'utf8')).slice(0, 40)).toMatch(
        `<svg width="1600" height="${height}"`,
      );
      await writeComparison(some, at('curves.png'));
      expect(await sharp(at('curves.png')).metadata()).toMatchObject({ width: 3200, height: 2 * height });
    }
  });

  test('with malicious names as text', async () => {
    const malicious = `"><script>alert(1)<!--'&\u0001\u202e`;
    const runs = await readRuns([
      await writeRun('plain', runRecords({ epochs: 1, stepsPerEpoch: 3 }), { [malicious]: malicious }),
      await writeRun(malicious.replace('/', ''), runRecords({ epochs: 1, stepsPerEpoch: 3 })),
    ]);
    for (const text of [comparisonPage(runs), comparisonSvg(runs)]) {
      expect(text.match(/<script|<!--/)).toBeNull();
      expect(text.includes('\u0001')).toBe(false);
      expect(text.includes('&lt;script&gt;alert(1)')).toBe(true);
    }
    await writeComparison(runs, at('malicious.png'));
    expect(await sharp(at('malicious.png')).metadata()).toMatchObject({ width: 3200 });
  });

  test('unless the file has an unknown extension or no folder', async () => {
    const runs = await manyRuns();
    await expect(writeComparison(runs, at('curves.pdf'))).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'curves.pdf', '.html or .svg or .png'),
    );
    await expect(writeComparison(runs, at('none', 'curves.html'))).rejects.toMatchObject(
      errorWith('FILE_NOT_FOUND', 'none'),
    );
  });
});

test('folders that are not two to sixteen different runs are refused', async () => {
  const [one, two] = [await writeRun('one', []), await writeRun('two', [])];
  await expect(readRuns([one])).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', '2 to 16'));
  await expect(readRuns([one, two, `${one}/`])).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'twice'));
  const many = Array.from({ length: 17 }, (_, i) => `run ${i}`);
  await expect(readRuns(many)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', '17 came'));
  await expect(readRuns([one, at('none')])).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', 'none'));
  await writeFile(at('two', 'settings.json'), '[]');
  await expect(readRuns([one, two])).rejects.toMatchObject(errorWith('INVALID_RUN_LOG', 'settings.json'));
});
