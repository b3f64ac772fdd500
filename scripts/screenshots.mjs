// Pictures of a run's pages for the documents: node scripts/screenshots.mjs <run> <folder>
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { root } from './bootstrap.mjs';

const HELP = `node scripts/screenshots.mjs <run> <folder> [options]

Writes dashboard.png, and report.png where the run has one, into a folder. Needs Chromium; compile first: npm run build.

  --chromium F   the browser (default: GOOGLENET_CHROMIUM, else /usr/bin/chromium)
  --port N       for the dashboard while it is looked at (default 46017)
  --width N      of the pages, in pixels (default 1280)
  --height N     what is below is cut off (default 8000)
`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    chromium: { type: 'string', default: process.env.GOOGLENET_CHROMIUM ?? '/usr/bin/chromium' },
    port: { type: 'string', default: '46017' },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '8000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [run, folder] = positionals;
if (flags.help || positionals.length !== 2) {
  console.log(HELP);
  process.exit(flags.help ? 0 : 2);
}

const browser = await chromium.launch({ executablePath: flags.chromium, args: ['--no-sandbox'] });
// A page this tall shows at once what else would be loaded only when it is scrolled to.
const page = await browser.newPage({ viewport: { width: Number(flags.width), height: 8000 } });

async function take(url, name) {
  await page.goto(url);
  // Curves and pictures come with the first message of a live page.
  await page.waitForTimeout(1500);
  const path = join(folder, name);
  const whole = await page.evaluate('document.documentElement.getBoundingClientRect().height');
  const clip = { x: 0, y: 0, width: Number(flags.width), height: Math.min(whole, Number(flags.height)) };
  await page.screenshot({ path, clip });
  console.log(path);
}

const server = spawn(
  process.execPath,
  [join(root, 'dist/cli/main.js'), 'dashboard', run, '--port', flags.port],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
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
