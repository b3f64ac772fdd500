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

  const step = (page: Page) => page.locator('#place div', { hasText: /^Step/ }).locator('dd');

  test('shows progress, curves, images, mistakes, the confusion matrix and the settings', async () => {
    const { url } = await serve(makeRun('whole'));
    const page = await open(url);
    await expect(page.title()).resolves.toBe('37 % · epoch 2/4 · whole');
    await expect(step(page).textContent()).resolves.toBe('15of 40');
    await page.locator('canvas').first().waitFor();
    expect(await points(page, 'Loss', 'batches')).toBe(15);
    expect(await points(page, 'Loss', 'validation')).toBe(1);
    expect(await points(page, 'Top-1 accuracy of each head (dashed: validation)', 'aux 2')).toBe(15);
    await expect(page.locator('#samples .right .verdict').textContent()).resolves.toBe('✓ right');
    await expect(page.locator('#samples .wrong .verdict').textContent()).resolves.toBe('✗ wrong');
    await expect(page.locator('#mistakes li').count()).resolves.toBe(1);
    const loaded = `[...document.images].every((image) => image.complete && image.naturalWidth === 28)`;
    await expect(page.evaluate(loaded)).resolves.toBe(true);
    await expect(page.locator('.confusion td.right').allTextContents()).resolves.toEqual(['8', '9']);
    await expect(page.locator('#settings').textContent()).resolves.toMatch(/batch size16/);
    expect(complaints).toEqual([]);
  });

  test('hears of every step, in every tab, and a reload loses nothing', async () => {
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

  test('leaves a line off that was switched off, when the next step comes', async () => {
    const dir = makeRun('off');
    const page = await open((await serve(dir)).url);
    const chart = `echarts.getInstanceByDom(document.querySelector('[aria-label="Loss"]'))`;
    await page.evaluate(`${chart}.dispatchAction({ type: 'legendToggleSelect', name: 'batches' })`);
    addStep(dir, 16);
    while ((await points(page, 'Loss', 'batches')) < 16) await page.waitForTimeout(50);
    await expect(page.evaluate(`${chart}.getOption().legend[0].selected.batches`)).resolves.toBe(false);
  });

  test('says that the connection is lost, and goes on by itself when the server is back', async () => {
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

  test('keeps its numbers when the run is over and the server gone', async () => {
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

  test('shows the axis in epochs, also after a reload', async () => {
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

  test('fits a phone', async () => {
    const { url } = await serve(makeRun('phone'));
    const page = await open(url, { width: 390, height: 844 });
    await page.locator('canvas').first().waitFor();
    await expect(page.evaluate('document.documentElement.scrollWidth')).resolves.toBe(390);
  });

  test('shows hostile names as the texts that they are', async () => {
    const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
    const imageName = `<b onmouseover='window.hacked=1'>"&amp;.png`;
    const dir = makeRun('<i>run</i>'.replace('/', '∕'), { classes: [hostile, '\'dog"&lt;'], imageName });
    const { url } = await serve(dir);
    const page = await open(url);
    await page.locator('canvas').first().waitFor();
    await page
      .locator('.chart canvas')
      .first()
      .hover({ position: { x: 200, y: 100 } });
    await expect(page.locator('.confusion th[scope=row]').first().textContent()).resolves.toBe(hostile);
    await expect(page.locator('#samples .right').textContent()).resolves.toContain(hostile);
    await expect(page.locator('#samples .file').first().textContent()).resolves.toBe(imageName);
    await expect(page.locator('h1').textContent()).resolves.toBe('<i>run<∕i>');
    await expect(
      page.evaluate('[window.hacked === undefined, document.querySelectorAll("b, i, main script").length]'),
    ).resolves.toEqual([true, 0]);
    expect(complaints).toEqual([]);
  });
});

describe('googlenet dashboard', () => {
  test('ends with exit status 0 at Ctrl-C, while a page is open', async () => {
    const { url, stop } = await serve(makeRun('ends'));
    const response = await fetch(`${url}events`);
    await stop();
    await response.text();
  });

  test('a port in use is told with the way out', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const port = (blocker.address() as { port: number }).port;
    const { code, stdout, stderr } = await cli(root, 'dashboard', makeRun('port'), '--port', String(port));
    blocker.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^ADDRESS_IN_USE: .*--port.*\n$/);
  });

  test('a folder without a run is told', async () => {
    mkdirSync(join(root, 'empty'));
    const { code, stderr } = await cli(root, 'dashboard', 'empty');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FILE_NOT_FOUND: empty holds no run.*\n$/);
  });
});

test('an open dashboard with a page on it does not keep a process that has nothing else to do', async () => {
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
