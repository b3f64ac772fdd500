import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { renderCurves } from '../../src/report/charts.js';
import { curvesOf } from '../../src/report/curves.js';
import { toPng } from '../../src/report/png.js';
import type { RunRecord } from '../../src/report/records.js';
import { RunLog } from '../../src/report/run-log.js';
import { runRecords } from '../support/runs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SHAPES: [string, RunRecord[]][] = [
  ['nothing', []],
  ['the first steps of an epoch', runRecords({ epochs: 0, stepsPerEpoch: 30, more: 4 })],
  ['one epoch', runRecords({ epochs: 1, stepsPerEpoch: 30 })],
  ['one epoch of one step', runRecords({ epochs: 1, stepsPerEpoch: 1 })],
  ['seven epochs and a half', runRecords({ epochs: 7, stepsPerEpoch: 30, more: 15 })],
  ['five hundred epochs', runRecords({ epochs: 500, stepsPerEpoch: 30 })],
  ['epochs without validation', runRecords({ epochs: 5, stepsPerEpoch: 10, validation: false })],
  ['epochs alone', runRecords({ epochs: 5, stepsPerEpoch: 10 }).filter(({ type }) => type === 'epoch')],
];
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe('The points', () => {
  test('of steps lie between the epochs, and epochs at their number', () => {
    const { steps, train, validation } = curvesOf(
      runRecords({ epochs: 2, stepsPerEpoch: 4, more: 2 }),
      'loss',
    );
    expect(steps.map(([epoch]) => epoch)).toEqual([0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5]);
    expect(train.map(([epoch]) => epoch)).toEqual([1, 2]);
    expect(validation).toHaveLength(2);
  });

  test('of many steps are averaged without a shift', () => {
    const records = runRecords({ epochs: 100, stepsPerEpoch: 100 });
    const { steps } = curvesOf(records, 'top1');
    expect(steps.length).toBeLessThanOrEqual(400);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const all = records.flatMap((record) => (record.type === 'step' ? [record.top1 ?? 0] : []));
    expect(mean(steps.map(([, value]) => value))).toBeCloseTo(mean(all), 12);
  });

  test('that are not numbers are left out', () => {
    const records = runRecords({ epochs: 1, stepsPerEpoch: 4 });
    const broken = records.map((record) =>
      record.type === 'step' && record.step === 2 ? { ...record, loss: null } : record,
    );
    expect(curvesOf(broken, 'loss').steps).toHaveLength(3);
  });
});

describe.each(SHAPES)('The charts of %s', (_, records) => {
  const charts = renderCurves(records);

  test('are SVG documents with title, axes and no stray number', () => {
    for (const [svg, title] of [
      [charts.loss, 'Loss'],
      [charts.accuracy, 'Top-1 accuracy'],
    ] as const) {
      expect(svg).toMatch(/^<svg[^>]* width="800" height="450"/);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(texts(svg)).toEqual(expect.arrayContaining([title, 'epoch', '0']));
    }
    expect(texts(charts.loss)).toContain('total loss');
  });

  test('become PNG pictures of 1600 × 900', async () => {
    for (const svg of Object.values(charts)) {
      const { width, height, format } = await sharp(await toPng(svg)).metadata();
      expect({ width, height, format }).toEqual({ width: 1600, height: 900, format: 'png' });
    }
  });
});

describe('A chart', () => {
  const charts = renderCurves(runRecords({ epochs: 12, stepsPerEpoch: 20 }));

  test('names its lines and says where the run stands', () => {
    expect(texts(charts.accuracy)).toEqual(
      expect.arrayContaining(['training, by step', 'training, by epoch', 'validation', '100 %', '12']),
    );
    expect(texts(charts.accuracy).join()).toMatch(
      /after epoch 12: training 76\.\d %, validation 69\.\d % \(the highest so far\)/,
    );
    expect(texts(charts.loss).join()).toMatch(
      /after epoch 12: training 0\.\d+, validation 0\.\d+ \(the lowest so far\)/,
    );
  });

  test('leaves out lines that do not exist', () => {
    const { loss } = renderCurves(runRecords({ epochs: 5, stepsPerEpoch: 10, validation: false }));
    expect(texts(loss)).not.toContain('validation');
  });

  test('is not flattened by one wild step', () => {
    const wild = runRecords({ epochs: 10, stepsPerEpoch: 20 }).map((record) =>
      record.type === 'step' && record.step === 33 ? { ...record, loss: 1e6 } : record,
    );
    expect(texts(renderCurves(wild).loss)).toContain('4');
  });

  test('has its text and both colours in the PNG, without any font of the system', async () => {
    const { data } = await sharp(await toPng(charts.loss))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const count = (from: number, to: number, test: (r: number, g: number, b: number) => boolean) => {
      let found = 0;
      for (let i = from * 4800; i < to * 4800; i += 3)
        if (test(data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0)) found++;
      return found;
    };
    const dark = (r: number, g: number, b: number) => r + g + b < 200;
    expect(count(20, 80, dark)).toBeGreaterThan(300);
    expect(count(840, 900, dark)).toBeGreaterThan(100);
    expect(count(160, 780, (r, g, b) => r === 0 && g === 0x72 && b === 0xb2)).toBeGreaterThan(2000);
    expect(count(160, 780, (r, g, b) => r === 0xd5 && g === 0x5e && b === 0)).toBeGreaterThan(2000);
  });
});

describe('Drawing beside a process that trains', () => {
  const at = temporaryFolder();
  const child = async (folder: string) => {
    const support = resolve(__dirname, '../support');
    const script = resolve(support, 'write-curves-child.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [
      '-r',
      resolve(support, 'register.cjs'),
      script,
      folder,
    ]);
    return JSON.parse(stdout) as { files: unknown; longestMs: number };
  };

  test('writes four files and hardly stops its thread', async () => {
    const log = await RunLog.open(at());
    for (const record of runRecords({ epochs: 30, stepsPerEpoch: 30 })) await log.append(record);
    await log.close();
    const { files, longestMs } = await child(at());
    const pair = (name: string) => ({ svg: at(`${name}.svg`), png: at(`${name}.png`) });
    expect(files).toEqual({ loss: pair('loss'), accuracy: pair('accuracy') });
    expect((await readdir(at())).sort()).toEqual([
      'accuracy.png',
      'accuracy.svg',
      'loss.png',
      'loss.svg',
      'metrics.jsonl',
    ]);
    expect(await readFile(at('loss.svg'), 'utf8')).toMatch(/^<svg/);
    // Loading and drawing take 300 ms and more, all of them on the other thread.
    expect(longestMs).toBeLessThan(100);
  });

  test('fails with the codes of this package', async () => {
    expect((await child(at())).files).toBe('FILE_NOT_FOUND');
    await writeFile(at('metrics.jsonl'), 'not a record\n');
    expect((await child(at())).files).toBe('INVALID_RUN_LOG');
  });
});
