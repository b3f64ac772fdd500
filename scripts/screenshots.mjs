// Images of a run's pages for the documents: node scripts/screenshots.mjs <run> <folder>
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { root } from './bootstrap.mjs';
import { counts, readFlags } from './flags.mjs';

const HELP = `node scripts/screenshots.mjs <run> <folder> [options]

Writes dashboard.png, and report.png where the run has one, into a folder. Needs Chromium; compile first: npm run build.

  --chromium F   the browser (default: GOOGLENET_CHROMIUM, else /usr/bin/chromium)
  --width N      of the pages, in pixels (default 1280)
  --height N     what is below is cut off (default 8000)
`;

const { positionals, ...flags } = readFlags(
  HELP,
  { chromium: process.env.GOOGLENET_CHROMIUM ?? '/usr/bin/chromium', width: '1280', height: '8000' },
  2,
);
const [run, folder] = positionals;
const [width, height] = counts(flags, 'width', 'height');

const browser = await chromium.launch({ executablePath: flags.chromium, args: ['--no-sandbox'] });
// A page this tall shows at once what else would be loaded only when it is scrolled to.
const page = await browser.newPage({ viewport: { width, height: 8000 } });

async function take(url, name) {
  await page.goto(url);
  // Curves and images come with the first message of a live page.
  await page.waitForTimeout(1500);
  const path = join(folder, name);
  const whole = await page.evaluate('document.documentElement.getBoundingClientRect().height');
  const clip = { x: 0, y: 0, width, height: Math.min(whole, height) };
  await page.screenshot({ path, clip });
  console.log(path);
}

const server = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'dashboard', run], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /http:\S+/.exec(line)?.[0];
    if (url === undefined) continue;
    await take(url, 'dashboard.png');
    break;
  }
} finally {
  server.kill('SIGINT');
  await once(server, 'exit');
}
const report = resolve(run, 'report.html');
if (existsSync(report)) await take(pathToFileURL(report).href, 'report.png');
await browser.close();
