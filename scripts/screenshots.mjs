// node scripts/screenshots.mjs: makes all images of docs/, from two runs on the bundled sample.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { root, run } from './lib/bootstrap.mjs';
import { fromRoot, googlenet, stateOf } from './lib/command.mjs';
import { counts, readFlags } from './lib/flags.mjs';

const HELP = `node scripts/screenshots.mjs [options]

Writes the images of the documents into a folder: the curves of two runs, the report and the dashboard as a browser shows them, the
diagrams of two architectures, and an explanation. Trains the runs first where they do not exist, which takes minutes. Needs Chromium.

  --out DIR          folder of the images (default docs)
  --demo DIR         run of npm run demo (default runs/demo)
  --two-classes DIR  run of scripts/runs/two-classes.mjs (default runs/two-classes)
  --chromium F       the browser (default: GOOGLENET_CHROMIUM, else /usr/bin/chromium)
  --width N          width of the pages, in pixels (default 1280)
  --height N         pages end there (default 2600)
`;

const flags = readFlags(HELP, {
  out: join(root, 'docs'),
  demo: join(root, 'runs/demo'),
  'two-classes': join(root, 'runs/two-classes'),
  chromium: process.env.GOOGLENET_CHROMIUM ?? '/usr/bin/chromium',
  width: '1280',
  height: '2600',
});
const [width, height] = counts(flags, 'width', 'height');
const [out, demo, twoClasses] = [flags.out, flags.demo, flags['two-classes']].map((path) => resolve(path));
const image = (name) => join(out, name);

/** A window this tall loads all images at once that a page otherwise loads when a reader scrolls to them. */
const TALL = 8000;

if (!stateOf(demo).complete && demo === join(root, 'runs/demo')) await node('scripts/demo.mjs');
if (!stateOf(twoClasses).complete) await node('scripts/runs/two-classes.mjs', '--out', twoClasses);

for (const [dir, name] of [
  [demo, 'demo'],
  [twoClasses, 'two-classes'],
]) {
  for (const chart of ['loss', 'accuracy'])
    copyFileSync(join(dir, `${chart}.png`), image(`${name}-${chart}.png`));
}
await googlenet('draw', fromRoot(image('reference.svg')));
await googlenet('draw', fromRoot(image('xception.svg')), '--architecture', 'xception');
await googlenet(
  'explain',
  fromRoot(join(demo, 'best.safetensors')),
  'scripts/sample/fashion-mnist/test/8-bag/007.png',
  ...['--out', fromRoot(image('explain.png'))],
);

const browser = await chromium.launch({ executablePath: flags.chromium, args: ['--no-sandbox'] });
try {
  await dashboard(demo, 'dashboard.png');
  await screenshot(pathToFileURL(join(demo, 'report.html')).href, 'report.png');
} finally {
  await browser.close();
}

/** Ends the program where the script failed. */
async function node(script, ...args) {
  const status = await run(process.execPath, [script, ...args]);
  if (status !== 0) process.exit(status ?? 1);
}

async function dashboard(dir, name) {
  const server = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'dashboard', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      const url = /http:\S+/.exec(line)?.[0];
      if (url === undefined) continue;
      await screenshot(url, name);
      break;
    }
  } finally {
    server.kill('SIGINT');
    await once(server, 'exit');
  }
}

async function screenshot(url, name) {
  const page = await browser.newPage({ viewport: { width, height: TALL }, colorScheme: 'light' });
  await page.goto(url);
  await page.waitForFunction('[...document.images].every((image) => image.complete)');
  // The first messages of a dashboard bring its curves and images.
  await page.waitForTimeout(1500);
  const whole = await page.evaluate('document.documentElement.getBoundingClientRect().height');
  const clip = { x: 0, y: 0, width, height: Math.min(whole, height) };
  await page.screenshot({ path: image(name), clip });
  await page.close();
  console.log(image(name));
}
