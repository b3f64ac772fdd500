import { mkdir, writeFile } from 'node:fs/promises';
import { runPage } from '../../src/report/run-page.js';
import type { RunRecord } from '../../src/run/records/records.js';
import { type RunData, readRunData } from '../../src/run/records/run-data.js';
import { errorWith } from '../support/errors.js';
import { runRecords, validationRecord } from '../support/runs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const CLASSES = ['cat', 'dog', 'emu'];
const RECORDS = runRecords({ epochs: 2, stepsPerEpoch: 30, aux: true });
const SETTINGS = {
  train: { folder: 'images/train', images: 480 },
  validation: null,
  weights: null,
  settings: { epochs: 2, lr: 0.01, threads: null },
  classes: CLASSES,
  environment: { libtorch: '2.13.0+cpu' },
};

/** The folder of a run, read and made a page. */
async function pageOf(parts: {
  records?: RunRecord[];
  settings?: unknown;
  validation?: unknown;
}): Promise<string> {
  const { records = RECORDS, settings, validation } = parts;
  const folder = at('first run');
  await mkdir(folder, { recursive: true });
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  await writeFile(at('first run', 'metrics.jsonl'), lines);
  if (settings !== undefined) await writeFile(at('first run', 'settings.json'), JSON.stringify(settings));
  if (validation !== undefined)
    await writeFile(at('first run', 'validation.json'), JSON.stringify(validation));
  return runPage(await readRunData(folder));
}

const textOf = (page: string): string =>
  page
    .replace(/<style.*?<\/style>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const POLICY = 'default-src &#39;none&#39;; img-src data:; style-src &#39;unsafe-inline&#39;';
const FOREIGN = /<script|<link|<iframe|@import|\ssrc="(?!data:image)|href=|url\((?!#[a-z-]+-c\d+\))/i;

/** What every page must be, whatever the run. */
function expectSound(page: string): void {
  expect(page.startsWith('<!doctype html>')).toBe(true);
  expect(page.includes(`content="${POLICY}"`)).toBe(true);
  expect(page.match(FOREIGN)).toBeNull();
  expect(page.match(/.{20}(NaN|Infinity|undefined|\[object).{20}/)).toBeNull();
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
}

test('a run with everything has all its sections', async () => {
  const page = await pageOf({ settings: SETTINGS, validation: validationRecord(CLASSES) });
  expectSound(page);
  const text = textOf(page);
  for (const part of [
    'Run first run',
    'Complete: 2 of 2 epochs, 60 steps. Latest record: 2023-11-14 22:13 UTC.',
    'Loss of each head',
    'auxiliary 2, validation',
    'The gradient norm is measured only in runs that clip gradients.',
    'cat → dog 2 20.0 %',
    'mean of classes 30 80.0 % 80.0 % 80.0 %',
    'cat 10 80.0 % 80.0 % 80.0 %',
    'dog 75.0 % is cat 12.5 % cat/1.png',
    'train images/train (480 images)',
    'threads none',
    'libtorch 2.13.0+cpu',
  ]) {
    expect(text).toContain(part);
  }
  expect(page.match(/<figure class="chart">/g)).toHaveLength(6);
  expect(page.match(/<img src="data:image\/png;base64,/g)).toHaveLength(6);
});

test.each<[string, RunRecord[], string]>([
  ['nothing', [], 'The first step has not finished.'],
  [
    'the first step',
    runRecords({ epochs: 0, stepsPerEpoch: 9, more: 1 }),
    'Not complete: 0 of 2 epochs, 1 step.',
  ],
  ['one epoch', runRecords({ epochs: 1, stepsPerEpoch: 9 }), 'Not complete: 1 of 2 epochs, 9 steps.'],
  ['no auxiliary heads', runRecords({ epochs: 2, stepsPerEpoch: 9 }), 'Complete: 2 of 2 epochs, 18 steps.'],
])('a run of %s has a page', async (_, records, state) => {
  const page = await pageOf({ records, settings: SETTINGS });
  expectSound(page);
  expect(textOf(page)).toContain(state);
  expect(textOf(page)).not.toContain('auxiliary 1');
  expect(textOf(page)).toContain('The run has no validation images');
});

test('a run that diverged and skipped images has a page', async () => {
  const none = { loss: null, mainLoss: null, aux1Loss: null, aux2Loss: null };
  const records = RECORDS.map((record) =>
    record.type === 'step'
      ? { ...record, ...none }
      : { ...record, train: { ...record.train, ...none }, skipped: 2 },
  );
  const page = await pageOf({ records });
  expectSound(page);
  expect(textOf(page)).toContain('top-1, loss –');
  expect(textOf(page)).toContain('4 images could not be decoded and were skipped.');
  expect(textOf(page)).toContain('There are no validation results.');
  expect(textOf(page)).toContain('The folder has no settings.json.');
});

const MALICIOUS = `"><script>alert(1)</script>'<img src=x onerror=alert(2)>&amp;\u202e\u0000\ud800`;

test('malicious names stay text everywhere', async () => {
  const classes = [MALICIOUS, `${MALICIOUS} 2`, 'fill="#333333"'];
  const validation = validationRecord(classes);
  for (const entry of [...validation.mistakes, ...validation.samples]) entry.name = MALICIOUS;
  const settings = {
    ...SETTINGS,
    train: { folder: MALICIOUS, images: MALICIOUS },
    settings: { [MALICIOUS]: MALICIOUS, nested: { [MALICIOUS]: 1 } },
    environment: { [MALICIOUS]: MALICIOUS },
  };
  const page = await pageOf({ settings, validation });
  expectSound(page);
  expect(page.match(/<img src=x|<script/)).toBeNull();
  // All elements are those that this package writes.
  const elements = new Set([...page.matchAll(/<([a-z0-9]+)/gi)].map(([, name]) => name));
  const ours =
    'html head meta title style body main h1 h2 h3 p div span b small i bdi ul li dl dt dd table thead tbody tr th td figure figcaption img details summary';
  const drawn = 'svg g path rect text defs clipPath';
  expect([...elements].filter((name) => !`${ours} ${drawn}`.split(' ').includes(name ?? ''))).toEqual([]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the page may hold none.
  expect(page.match(/[\u0000-\u0009\u000b-\u001f\ufffe]|\p{Surrogate}/u)).toBeNull();
  expect(page.includes('&lt;script&gt;alert(1)')).toBe(true);
});

test('a page has the same bytes each time', async () => {
  const parts = { settings: SETTINGS, validation: validationRecord(CLASSES) };
  expect(await pageOf(parts)).toBe(await pageOf(parts));
});

test('a run with validation images says that the first validation has not finished', async () => {
  const settings = { ...SETTINGS, validation: { folder: 'images/val', images: 20 } };
  const text = textOf(
    await pageOf({ records: runRecords({ epochs: 0, stepsPerEpoch: 9, more: 1 }), settings }),
  );
  expect(text).toContain('The first validation has not finished');
});

test.each([
  [2, 2, true],
  [30, 30, true],
  [31, 0, true],
  [200, 0, true],
  [201, 0, false],
  [1000, 0, false],
])('%i classes are shown as fits their number', async (count, numbered, hasMap) => {
  const classes = Array.from({ length: count }, (_, i) => `class ${i}`);
  const page = await pageOf({ validation: validationRecord(classes) });
  expectSound(page);
  expect(page.includes('role="img" aria-label="Confusion matrix"')).toBe(hasMap);
  expect(page.match(/font-size="11" fill="var\(--paper\)">8</g)?.length ?? 0).toBe(numbered);
  const bars = page.match(/<i style="width:/g)?.length;
  expect(bars).toBe(count > 100 ? 50 : count);
  expect(page.length).toBeLessThan(500_000);
});

test('a matrix in which all are confused with all makes a page of bounded size', () => {
  const classes = Array.from({ length: 200 }, (_, i) => `class ${i}`);
  const confusion = classes.map((_, label) => classes.map((_, predicted) => 1 + ((label + predicted) % 9)));
  const validation = { ...validationRecord(classes), confusion };
  const page = runPage({ name: 'dense', records: [], settings: null, validation });
  expectSound(page);
  expect(page.length).toBeLessThan(1_500_000);
  expect(textOf(page)).toContain('class 0 → class 8 9 0.9 %');
});

test('a class without images, and a validation without mistakes', async () => {
  const validation = { ...validationRecord(CLASSES), mistakes: [], samples: [] };
  validation.confusion = [
    [0, 0, 0],
    [0, 10, 0],
    [0, 0, 10],
  ];
  const text = textOf(await pageOf({ validation }));
  expect(text).toContain('cat 0 – – –');
  expect(text).toContain('mean of classes 20 100.0 % 100.0 % 100.0 %');
  expect(text).toContain('The model confused no classes.');
  expect(text).toContain('The model classified every validation image correctly.');
  expect(text).toContain('The run keeps no samples.');
});

test('a hundred thousand steps make a small page', () => {
  const run: RunData = {
    name: 'long',
    records: runRecords({ epochs: 40, stepsPerEpoch: 2500, aux: true }),
    settings: null,
    validation: null,
  };
  const page = runPage(run);
  expectSound(page);
  expect(page.length).toBeLessThan(300_000);
});

test.each([
  ['settings.json', 'not JSON'],
  ['settings.json', '{"settings":3}'],
  ['settings.json', '{"settings":{},"train":7}'],
  ['validation.json', '{}'],
  ['metrics.jsonl', '{}\n'],
])('a damaged %s fails with its name: %s', async (name, content) => {
  await pageOf({ settings: SETTINGS });
  await writeFile(at('first run', name), content);
  await expect(readRunData(at('first run'))).rejects.toMatchObject(errorWith('INVALID_RUN_LOG', name));
});
