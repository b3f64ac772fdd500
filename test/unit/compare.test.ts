import { mkdir, readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { type ComparedRun, differences, readRuns, results } from '../../src/report/compare.js';
import { compareCharts, runStyle } from '../../src/report/compare-charts.js';
import { comparisonPage, comparisonSvg, writeComparison } from '../../src/report/write-comparison.js';
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

/** Of different length and heads, one with nothing in it, and one whose first epoch is under way. */
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
    await writeRun('begun', runRecords({ epochs: 0, stepsPerEpoch: 20, more: 3 }), {
      lr: 0.01,
      seed: 1,
      nested: [1],
    }),
    await writeRun('empty', []),
  ]);
}

const valuesOf = (rows: readonly { name: string; values: string[] }[]) =>
  Object.fromEntries(rows.map(({ name, values }) => [name, values]));

test('results stand beside each other', async () => {
  const found = valuesOf(results(await manyRuns()));
  expect(found).toMatchObject({
    epochs: ['12', '2', '0', '0'],
    steps: ['240', '100', '3', '0'],
    'time of all epochs': ['4 min 0 s', '40 s', '0 s', '0 s'],
    'images/s in training': ['30.0', '30.0', '30.0', 'unknown'],
    'training top-1': ['76.0 %', '42.3 %', 'none', 'none'],
    'best validation top-1': ['69.7 % (epoch 12)', 'none', 'none', 'none'],
    'lowest validation loss': ['0.7859 (epoch 12)', 'none', 'none', 'none'],
  });
});

test('settings are listed where they differ, or are not known of a run', async () => {
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

  test('as SVG and PNG, also of runs without a record', async () => {
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

  test('with hostile names as text', async () => {
    const hostile = `"><script>alert(1)<!--'&\u0001\u202e`;
    const runs = await readRuns([
      await writeRun('plain', runRecords({ epochs: 1, stepsPerEpoch: 3 }), { [hostile]: hostile }),
      await writeRun(hostile.replace('/', ''), runRecords({ epochs: 1, stepsPerEpoch: 3 })),
    ]);
    for (const text of [comparisonPage(runs), comparisonSvg(runs)]) {
      expect(text.match(/<script|<!--/)).toBeNull();
      expect(text.includes('\u0001')).toBe(false);
      expect(text.includes('&lt;script&gt;alert(1)')).toBe(true);
    }
    await writeComparison(runs, at('hostile.png'));
    expect(await sharp(at('hostile.png')).metadata()).toMatchObject({ width: 3200 });
  });

  test('unless the name or the folder of the file is wrong', async () => {
    const runs = await manyRuns();
    await expect(writeComparison(runs, at('curves.pdf'))).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'curves.pdf', '.html or .svg or .png'),
    );
    await expect(writeComparison(runs, at('none', 'curves.html'))).rejects.toMatchObject(
      errorWith('FILE_NOT_FOUND', 'none'),
    );
  });
});

test('what is no two runs is refused', async () => {
  const [one, two] = [await writeRun('one', []), await writeRun('two', [])];
  await expect(readRuns([one])).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', '2 to 16'));
  await expect(readRuns([one, two, `${one}/`])).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'twice'));
  const many = Array.from({ length: 17 }, (_, i) => `run ${i}`);
  await expect(readRuns(many)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', '17 came'));
  await expect(readRuns([one, at('none')])).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', 'none'));
  await writeFile(at('two', 'settings.json'), '[]');
  await expect(readRuns([one, two])).rejects.toMatchObject(errorWith('INVALID_RUN_LOG', 'settings.json'));
});
