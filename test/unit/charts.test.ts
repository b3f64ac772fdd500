import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { toPng } from '../../src/core/figures/png.js';
import { curvesOf, epochPoints, stepPoints } from '../../src/report/curves.js';
import { chartDocument } from '../../src/report/render-chart.js';
import { reportFiles } from '../../src/report/report-files.js';
import { type ChartName, runCharts } from '../../src/report/run-charts.js';
import type { RunRecord } from '../../src/run/records/records.js';
import { RunLog } from '../../src/run/records/run-log.js';
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
  [
    'auxiliary heads and clipped gradients',
    withGradients(runRecords({ epochs: 3, stepsPerEpoch: 10, aux: true })),
  ],
  ['missing losses', runRecords({ epochs: 3, stepsPerEpoch: 10 }).map(withoutLoss)],
  ['values beyond float32', runRecords({ epochs: 3, stepsPerEpoch: 10 }).map(enormous)],
  [
    'epochs without steps',
    runRecords({ epochs: 5, stepsPerEpoch: 10 }).filter(({ type }) => type === 'epoch'),
  ],
];
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

function withGradients(records: RunRecord[]): RunRecord[] {
  return records.map((record) =>
    record.type === 'step' ? { ...record, gradNorm: 2 / record.step } : record,
  );
}

function withoutLoss(record: RunRecord): RunRecord {
  const none = { loss: null, mainLoss: null };
  if (record.type === 'step') return { ...record, ...none };
  return { ...record, train: { ...record.train, ...none }, validation: null };
}

function enormous(record: RunRecord): RunRecord {
  if (record.type === 'epoch') return { ...record, imagesPerSecond: Number.POSITIVE_INFINITY };
  return { ...record, loss: record.step === 2 ? 1e308 : 3e38, lr: record.step === 2 ? 1e308 : 5e-324 };
}

function documentsOf(records: readonly RunRecord[]): Record<ChartName, string> {
  const charts = Object.entries(runCharts(records)).map(([name, chart]) => [name, chartDocument(chart)]);
  return Object.fromEntries(charts);
}

describe('The points', () => {
  test('of steps lie between the epochs, and epochs at their number', () => {
    const run = curvesOf(runRecords({ epochs: 2, stepsPerEpoch: 4, more: 2 }));
    const steps = stepPoints(run, 'epoch', ({ loss }) => loss);
    expect(steps.map(([epoch]) => epoch)).toEqual([0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5]);
    expect(stepPoints(run, 'step', ({ loss }) => loss).map(([step]) => step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(epochPoints(run, 'epoch', ({ train }) => train.loss).map(([epoch]) => epoch)).toEqual([1, 2]);
    expect(epochPoints(run, 'step', ({ validation }) => validation?.loss).map(([step]) => step)).toEqual([
      4, 8,
    ]);
  });

  test('of many steps are means that shift nothing', () => {
    const records = runRecords({ epochs: 100, stepsPerEpoch: 100 });
    const steps = stepPoints(curvesOf(records), 'epoch', ({ top1 }) => top1);
    expect(steps.length).toBeLessThanOrEqual(400);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const all = records.flatMap((record) => (record.type === 'step' ? [record.top1 ?? 0] : []));
    expect(mean(steps.map(([, value]) => value))).toBeCloseTo(mean(all), 12);
  });

  test('skip values that are no numbers, or larger than any float32', () => {
    const values = [null, 1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 2];
    const run = curvesOf(runRecords({ epochs: 1, stepsPerEpoch: 6 }));
    expect(stepPoints(run, 'step', ({ step }) => values[step - 1] ?? null)).toEqual([
      [2, 1],
      [6, 2],
    ]);
  });
});

const TITLES: [ChartName, string, string, string][] = [
  ['loss', 'Loss', 'epoch', '^total loss .nats.'],
  ['accuracy', 'Accuracy', 'epoch', 'accuracy'],
  ['head-losses', 'Loss of each head', 'epoch', '^cross-entropy .nats.'],
  ['head-accuracies', 'Accuracy of each head', 'epoch', 'top-1 accuracy'],
  ['learning-rate', 'Learning rate', 'step', 'learning rate'],
  ['speed', 'Training speed', 'step', 'images per second'],
  ['gradient-norm', 'Gradient norm', 'step', 'L2 norm'],
];

describe.each(SHAPES)('The charts of %s', (_, records) => {
  const documents = documentsOf(records);
  const hasEpoch = records.some(({ type }) => type === 'epoch');

  test.each(TITLES)(
    'are SVG documents with a title and titled axes, without NaN: %s',
    (name, title, x, y) => {
      const svg = documents[name];
      expect(svg).toMatch(/^<svg[^>]* width="800" height="450"/);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(texts(svg)).toEqual(
        expect.arrayContaining([title, hasEpoch ? x : 'step', expect.stringMatching(y), '0']),
      );
    },
  );

  test('become PNG images of 1600 × 900', async () => {
    for (const svg of [documents.loss, documents['learning-rate']]) {
      const { width, height, format } = await sharp(await toPng(svg)).metadata();
      expect({ width, height, format }).toEqual({ width: 1600, height: 900, format: 'png' });
    }
  });
});

describe('A chart', () => {
  const documents = documentsOf(runRecords({ epochs: 12, stepsPerEpoch: 20, aux: true }));

  test('names its lines and tells the latest metrics', () => {
    expect(texts(documents.accuracy)).toEqual(
      expect.arrayContaining(['training (faint: by step)', 'validation', 'training, top-5', '100 %', '12']),
    );
    expect(texts(documents.accuracy).join()).toMatch(
      /after epoch 12: training 76\.\d %, validation 69\.\d % \(the highest so far\)/,
    );
    expect(texts(documents.loss).join()).toMatch(
      /after epoch 12: training 0\.\d+, validation 0\.\d+ \(the lowest so far\)/,
    );
    expect(texts(documents['learning-rate'])).toContain('0.01 at first, 0.01 in step 240');
    expect(texts(documents.speed)).toContain('30.0 images/s in the latest epoch');
  });

  test('names each head, in training and in validation', () => {
    const heads = ['main', 'auxiliary 1', 'auxiliary 2'].flatMap((head) => [head, `${head}, validation`]);
    expect(texts(documents['head-losses'])).toEqual(expect.arrayContaining(heads));
    expect(texts(documents['head-accuracies'])).toEqual(expect.arrayContaining(heads));
  });

  test('leaves out lines that do not exist', () => {
    const plain = documentsOf(runRecords({ epochs: 5, stepsPerEpoch: 10, validation: false }));
    expect(texts(plain.loss)).not.toContain('validation');
    expect(runCharts(runRecords({ epochs: 5, stepsPerEpoch: 10 }))['head-losses'].lines).toEqual([]);
  });

  test('names single steps until the first epoch ends', () => {
    const { loss } = documentsOf(runRecords({ epochs: 0, stepsPerEpoch: 30, more: 4 }));
    expect(texts(loss)).toEqual(
      expect.arrayContaining(['training, by step', 'the first epoch has not finished']),
    );
  });

  test('is not flattened by one wild step', () => {
    const wild = runRecords({ epochs: 10, stepsPerEpoch: 20 }).map((record) =>
      record.type === 'step' && record.step === 33 ? { ...record, loss: 1e6 } : record,
    );
    expect(texts(documentsOf(wild).loss)).toContain('4');
  });

  test('has a logarithmic axis where losses span orders of magnitude', () => {
    const wide = runRecords({ epochs: 10, stepsPerEpoch: 20 }).map((record) => {
      const loss = 10 ** (1 - record.step / 50);
      const values =
        record.type === 'epoch' ? { train: { ...record.train, loss }, validation: null } : { loss };
      return { ...record, ...values } as RunRecord;
    });
    const { loss } = documentsOf(wide);
    expect(texts(loss)).toEqual(
      expect.arrayContaining(['total loss (nats), log scale', '0.001', '0.01', '0.1', '1', '10']),
    );
    expect(texts(documents.loss)).toContain('total loss (nats)');
  });

  test('ends at the latest step, with whole epochs as ticks', () => {
    const { loss, speed } = documentsOf(runRecords({ epochs: 2, stepsPerEpoch: 50, more: 20 }));
    expect(texts(loss)).toEqual(expect.arrayContaining(['0', '1', '2', '3', 'epoch']));
    expect(
      texts(loss)
        .filter((text) => /^\d\.\d$/.test(text ?? ''))
        .map(Number)
        .some((tick) => tick > 5),
    ).toBe(false);
    expect(texts(speed)).toEqual(expect.arrayContaining(['0', '20', '40', '60', '80', '100', '120', 'step']));
  });

  test('has its text and both colors in the PNG, without any font of the system', async () => {
    const { data } = await sharp(await toPng(documents.loss))
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
    expect(count(840, 900, (r, g, b) => r + g + b < 330)).toBeGreaterThan(100);
    expect(count(200, 780, (r, g, b) => r === 0 && g === 0x72 && b === 0xb2)).toBeGreaterThan(2000);
    expect(count(200, 780, (r, g, b) => r === 0xd5 && g === 0x5e && b === 0)).toBeGreaterThan(2000);
  });
});

describe('A report in a process that trains', () => {
  const at = temporaryFolder();
  const child = async (folder: string) => {
    const support = resolve(__dirname, '../support');
    const script = resolve(support, 'write-report-child.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [
      '-r',
      resolve(support, 'register.cjs'),
      script,
      folder,
    ]);
    return JSON.parse(stdout) as { files: unknown; longestMs: number };
  };

  test('writes nine files and hardly blocks its thread', async () => {
    const log = await RunLog.open(at());
    for (const record of runRecords({ epochs: 30, stepsPerEpoch: 30 })) await log.append(record);
    await log.close();
    const { files, longestMs } = await child(at());
    expect(files).toEqual(reportFiles(at()));
    expect((await readdir(at())).sort()).toEqual([
      'accuracy.png',
      'accuracy.svg',
      'learning-rate.png',
      'learning-rate.svg',
      'loss.png',
      'loss.svg',
      'metrics.jsonl',
      'report.html',
      'speed.png',
      'speed.svg',
    ]);
    expect(await readFile(at('loss.svg'), 'utf8')).toMatch(/^<svg/);
    expect(await readFile(at('report.html'), 'utf8')).toMatch(/^<!doctype html>/);
    // Loading and drawing take 500 ms and more, all on the worker thread.
    expect(longestMs).toBeLessThan(100);
  });

  test('fails with the codes of this package', async () => {
    expect((await child(at())).files).toBe('FILE_NOT_FOUND');
    await writeFile(at('metrics.jsonl'), 'not a record\n');
    expect((await child(at())).files).toBe('INVALID_RUN_LOG');
  });
});
