/** The page of a run in a real browser, served by the real command for a folder that grows. */
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../support/child.js';
import { findChromium, NO_CHROMIUM } from '../support/chromium.js';
import {
  epochRecord,
  lines,
  prediction,
  SETTINGS,
  stepRecord,
  validationRecord,
} from '../support/live-run.js';
import { describeWhere } from '../support/skip.js';
import { cli, SAMPLE, type Started, start, startCli, until } from './cli.js';

const root = mkdtempSync(join(tmpdir(), 'googlenet-dashboard-'));
const servers: Started[] = [];
afterAll(() => rmSync(root, { recursive: true, force: true }));

const now = () => Date.now() / 1000;

/** A run of four epochs that has done one and a half. */
function makeRun(name: string, more: { classes?: string[]; imageName?: string } = {}): string {
  const dir = join(root, name);
  mkdirSync(dir);
  const classes = more.classes ?? ['cat', 'dog'];
  writeFileSync(join(dir, 'settings.json'), JSON.stringify({ ...SETTINGS, classes }));
  const steps = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => stepRecord(from + i, { time: now() }));
  const text = lines(...steps(1, 10), epochRecord(1, { time: now() }), ...steps(11, 15));
  writeFileSync(join(dir, 'metrics.jsonl'), text);
  const bytes = readFileSync(join(SAMPLE, 'test/1-trouser/000.png'));
  const one = prediction({
    name: more.imageName ?? 'images/test/cat/1.png',
    image: `data:image/png;base64,${bytes.toString('base64')}`,
  });
  const samples = [one, { ...one, predicted: 1 }];
  const validation = validationRecord({ classes, samples, mistakes: samples.slice(1) });
  writeFileSync(join(dir, 'validation.json'), JSON.stringify(validation));
  return dir;
}

const addStep = (dir: string, step: number) =>
  appendFileSync(join(dir, 'metrics.jsonl'), lines(stepRecord(step, { time: now() })));

interface Served {
  url: string;
  /** As Ctrl-C does. */
  stop(): Promise<void>;
}

async function serve(dir: string, ...args: string[]): Promise<Served> {
  const server = startCli(root, 'dashboard', dir, ...args);
  servers.push(server);
  const url = () => /http:\S+/.exec(server.output.stdout)?.[0];
  await until(server, () => url() !== undefined);
  const stop = async () => {
    server.child.kill('SIGINT');
    expect(await server.result).toMatchObject({ code: 0, stderr: '' });
  };
  return { url: url() ?? server.output.stderr, stop };
}

afterEach(() => {
  for (const { child } of servers.splice(0)) child.kill('SIGKILL');
});

const executablePath = findChromium();

describeWhere(executablePath !== null, NO_CHROMIUM)('the page', () => {
  let browser: Browser;
  /** What the browser complained about, such as something that the page's policy forbids. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '' });
  });
  afterAll(() => browser.close());
  beforeEach(() => {
    complaints = [];
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  async function open(url: string, viewport = { width: 1280, height: 900 }): Promise<Page> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('ERR_CONNECTION'))
        complaints.push(message.text());
    });
    await page.goto(url);
    await page.getByText('● Live').waitFor();
    return page;
  }

  /** Points of a curve as the chart library has them. */
  const points = (page: Page, chart: string, curve: string): Promise<number> =>
    page.evaluate(
      `echarts.getInstanceByDom(document.querySelector('[aria-label="${chart}"]'))
        .getOption().series.find(({ name }) => name === '${curve}').data.length`,
    );

  const step = (page: Page) => page.locator('#position div', { hasText: /^Step/ }).locator('dd');

  test('shows progress, curves, images, mistakes, the confusion matrix and the settings', async () => {
    const { url } = await serve(makeRun('whole'));
    const page = await open(url);
    await expect(page.title()).resolves.toBe('37 % · epoch 2/4 · whole');
    await expect(step(page).textContent()).resolves.toBe('15of 40');
    await page.locator('canvas').first().waitFor();
    expect(await points(page, 'Loss', 'batches')).toBe(15);
    expect(await points(page, 'Loss', 'validation')).toBe(1);
    expect(await points(page, 'Accuracy of each head (dashed: validation)', 'aux 2')).toBe(15);
    await expect(page.locator('#samples .correct .verdict').textContent()).resolves.toBe('✓ correct');
    await expect(page.locator('#samples .incorrect .verdict').textContent()).resolves.toBe('✗ incorrect');
    await expect(page.locator('#mistakes li').count()).resolves.toBe(1);
    const loaded = `[...document.images].every((image) => image.complete && image.naturalWidth === 28)`;
    await expect(page.evaluate(loaded)).resolves.toBe(true);
    await expect(page.locator('.confusion td.correct').allTextContents()).resolves.toEqual(['8', '9']);
    await expect(page.locator('#pairs tbody tr').allTextContents()).resolves.toEqual([
      'cat → dog220.0 %',
      'dog → cat110.0 %',
    ]);
    await expect(page.locator('#class-metrics tbody tr').first().textContent()).resolves.toBe(
      'cat1088.9 %80.0 %84.2 %',
    );
    await expect(page.locator('#matrix').getAttribute('open')).resolves.toBeNull();
    await expect(page.locator('#settings').textContent()).resolves.toMatch(/batch size16/);
    expect(complaints).toEqual([]);
  });

  test('gets every step in every tab, and a reload loses nothing', async () => {
    const dir = makeRun('live');
    const { url } = await serve(dir);
    const tabs = [await open(url), await open(url)];
    addStep(dir, 16);
    for (const page of tabs) await step(page).getByText('16').waitFor();
    await tabs[0]?.reload();
    addStep(dir, 17);
    for (const page of tabs) {
      await step(page).getByText('17').waitFor();
      while ((await points(page, 'Loss', 'batches')) < 17) await page.waitForTimeout(50);
      await page.locator('#samples li').first().waitFor();
    }
    expect(complaints).toEqual([]);
  });

  test('keeps a line hidden when the next step arrives', async () => {
    const dir = makeRun('off');
    const page = await open((await serve(dir)).url);
    const chart = `echarts.getInstanceByDom(document.querySelector('[aria-label="Loss"]'))`;
    await page.evaluate(`${chart}.dispatchAction({ type: 'legendToggleSelect', name: 'batches' })`);
    addStep(dir, 16);
    while ((await points(page, 'Loss', 'batches')) < 16) await page.waitForTimeout(50);
    await expect(page.evaluate(`${chart}.getOption().legend[0].selected.batches`)).resolves.toBe(false);
  });

  test('says that the connection is lost, and reconnects when the server is back', async () => {
    const dir = makeRun('back');
    const first = await serve(dir);
    const page = await open(first.url);
    await first.stop();
    await page.getByText('Connection lost').waitFor();
    await expect(step(page).textContent()).resolves.toContain('15');
    addStep(dir, 16);
    const second = await serve(dir, '--port', new URL(first.url).port);
    expect(second.url).toBe(first.url);
    await page.getByText('● Live').waitFor();
    await step(page).getByText('16').waitFor();
    expect(complaints).toEqual([]);
  });

  test('keeps its numbers after the end of the run and of the server', async () => {
    const dir = makeRun('over');
    const server = await serve(dir);
    const page = await open(server.url);
    const last = lines(stepRecord(40), epochRecord(4));
    appendFileSync(join(dir, 'metrics.jsonl'), last);
    await page.getByText('✓ Completed').waitFor();
    await server.stop();
    await page.getByText('its last state').waitFor();
    await expect(step(page).textContent()).resolves.toContain('40');
  });

  test('shows epochs on the axis on request, also after a reload', async () => {
    const { url } = await serve(makeRun('axis'));
    const page = await open(url);
    const furthest = `echarts.getInstanceByDom(document.querySelector('[aria-label="Loss"]'))
      .getOption().series[0].data.at(-1)[0]`;
    await expect(page.evaluate(furthest)).resolves.toBe(15);
    await page.getByLabel('epochs').check();
    await expect(page.evaluate(furthest)).resolves.toBe(1.5);
    await page.reload();
    await page.locator('canvas').first().waitFor();
    await expect(page.evaluate(furthest)).resolves.toBe(1.5);
  });

  test('shows losses on a logarithmic axis on request, also after a reload', async () => {
    const { url } = await serve(makeRun('log'));
    const page = await open(url);
    const type = (chart: string) =>
      page.evaluate(
        `echarts.getInstanceByDom(document.querySelector('[aria-label="${chart}"]')).getOption().yAxis[0].type`,
      );
    await page.locator('canvas').first().waitFor();
    await expect(type('Loss')).resolves.toBe('value');
    await page.getByLabel('log scale').check();
    await expect(type('Loss')).resolves.toBe('log');
    await expect(type('Accuracy')).resolves.toBe('value');
    await page.reload();
    await page.locator('canvas').first().waitFor();
    await expect(type('Loss')).resolves.toBe('log');
    expect(complaints).toEqual([]);
  });

  test('says why there is no validation yet', async () => {
    const dir = makeRun('unvalidated');
    rmSync(join(dir, 'validation.json'));
    const first = await open((await serve(dir)).url);
    await first.getByText('follow after the first validation').waitFor();
    writeFileSync(join(dir, 'settings.json'), JSON.stringify({ ...SETTINGS, validation: null }));
    const second = await open((await serve(dir)).url);
    await second.getByText('The run has no validation images').waitFor();
  });

  test('fits a phone', async () => {
    const { url } = await serve(makeRun('phone'));
    const page = await open(url, { width: 390, height: 844 });
    await page.locator('canvas').first().waitFor();
    await expect(page.evaluate('document.documentElement.scrollWidth')).resolves.toBe(390);
  });

  test('shows malicious names as text', async () => {
    const malicious = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
    const imageName = `<b onmouseover='window.hacked=1'>"&amp;.png`;
    const dir = makeRun('<i>run</i>'.replace('/', '∕'), { classes: [malicious, '\'dog"&lt;'], imageName });
    const { url } = await serve(dir);
    const page = await open(url);
    await page.locator('canvas').first().waitFor();
    await page
      .locator('.chart canvas')
      .first()
      .hover({ position: { x: 200, y: 100 } });
    await expect(page.locator('.confusion th[scope=row]').first().textContent()).resolves.toBe(malicious);
    await expect(page.locator('#samples .correct').textContent()).resolves.toContain(malicious);
    await expect(page.locator('#samples .file').first().textContent()).resolves.toBe(imageName);
    await expect(page.locator('h1').textContent()).resolves.toBe('<i>run<∕i>');
    await expect(
      page.evaluate('[window.hacked === undefined, document.querySelectorAll("b, i, main script").length]'),
    ).resolves.toEqual([true, 0]);
    expect(complaints).toEqual([]);
  });
});

describe('googlenet dashboard', () => {
  test('exits with status 0 at Ctrl-C while a page is open', async () => {
    const { url, stop } = await serve(makeRun('ends'));
    const response = await fetch(`${url}events`);
    await stop();
    await response.text();
  });

  test('the error of a port in use names --port', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const port = (blocker.address() as { port: number }).port;
    const { code, stdout, stderr } = await cli(root, 'dashboard', makeRun('port'), '--port', String(port));
    blocker.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^ADDRESS_IN_USE: .*--port.*\n$/);
  });

  test('a folder without a run is an error', async () => {
    mkdirSync(join(root, 'empty'));
    const { code, stderr } = await cli(root, 'dashboard', 'empty');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FILE_NOT_FOUND: empty holds no run.*\n$/);
  });
});

test('an open dashboard with a page does not keep a process without other work alive', async () => {
  const dir = makeRun('exit');
  const program = `
    const { Dashboard } = require(${JSON.stringify(join(PACKAGE_ROOT, 'dist/dashboard/dashboard.js'))});
    (async () => {
      const dashboard = await Dashboard.open({ runDir: ${JSON.stringify(dir)} });
      const response = await fetch(dashboard.url + 'state');
      dashboard.publish(${JSON.stringify(stepRecord(16))});
      console.log((await response.json()).progress.step);
    })();`;
  const { code, stdout } = await start(process.execPath, ['-e', program], root).result;
  expect({ code, stdout }).toEqual({ code: 0, stdout: '15\n' });
});

test('the report and the page format numbers the same way', async () => {
  const report = await import(join(PACKAGE_ROOT, 'dist/report/format.js'));
  // A module for browsers, which Jest would not load as one.
  const program = `
    const format = await import(${JSON.stringify(join(PACKAGE_ROOT, 'dist/dashboard/page/format.mjs'))});
    const values = [null, 0, 0.00012345, 0.5, 0.98765, 1, 7.25, 59.6, 99.95, 125.4, 3600, 12345.678, 100000];
    const names = ['formatLoss', 'formatPercent', 'formatRate', 'formatSpeed', 'formatDurationInWords'];
    console.log(JSON.stringify({ values, texts: names.map((name) => [name, values.map((value) => format[name](value))]) }));`;
  const { stdout } = await start(process.execPath, ['--input-type=module', '-e', program], root).result;
  const { values, texts } = JSON.parse(stdout) as { values: unknown[]; texts: [string, string[]][] };
  for (const [name, found] of texts)
    expect([name, found]).toEqual([name, values.map((value) => report[name](value))]);
});
