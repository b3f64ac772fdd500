import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// No import of ours: Jest's setup, which uses this file, does not find `.js` for `.ts`.
const FOLDER = join(__dirname, '../../.googlenet');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export const NO_CHROMIUM =
  'there is no Chromium; install it (apt-get install chromium) or name one in GOOGLENET_CHROMIUM';

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A browser for tests of pages: the one that GOOGLENET_CHROMIUM names, else one in PATH; null where there is none. */
export function findChromium(): string | null {
  const named = process.env.GOOGLENET_CHROMIUM;
  if (named) return isProgram(named) ? named : null;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((dir) => NAMES.map((name) => join(dir, name))).find(isProgram) ?? null;
}

/** For one call of apt-get: a mirror that does not answer must not hold up the tests. */
const INSTALL_TIMEOUT_MS = 4 * 60_000;

/** Installs Chromium where that needs nobody's leave: as root on Debian and Ubuntu. Tests that need it are skipped otherwise. */
export function installChromium(): void {
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall || process.env.GOOGLENET_CHROMIUM || findChromium() !== null) return;
  mkdirSync(FOLDER, { recursive: true });
  const log = join(FOLDER, 'chromium.log');
  console.log(`Installing Chromium for the tests of pages (apt-get; output in ${log})`);
  const output = openSync(log, 'w');
  const patience = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20'];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    spawnSync('apt-get', [...patience, ...args], {
      stdio: ['ignore', output, output],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: INSTALL_TIMEOUT_MS,
    });
  }
}
