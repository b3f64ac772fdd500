/**
 * `node -r test/support/register.cjs tensorboard.ts`: sees to a TensorBoard for the tests, and prints as JSON why there is none,
 * or null. It goes into the environment that the setup has made, never into somebody's own.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputOf, runCommand } from '../../src/setup/run-command.js';
import { findPython } from './python.js';

const REQUIREMENT = 'tensorboard==2.21.0';
/** An index that does not answer costs seconds. */
const BOUNDS = ['--retries', '1', '--timeout', '15'];
const LIMIT_MS = 180_000;

async function whyMissing(): Promise<string | null> {
  const python = await findPython();
  if ((await outputOf(python, ['-c', 'import tensorboard'])) !== undefined) return null;
  if (!existsSync(join(dirname(dirname(python)), 'googlenet.json'))) {
    return `${python} has no tensorboard; install it there with \`${python} -m pip install ${REQUIREMENT}\``;
  }
  const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { code, tail } = await runCommand(python, [...pip, ...BOUNDS, REQUIREMENT], { signal });
  return code === 0 ? null : `pip install ${REQUIREMENT} failed: ${tail.at(-1) ?? 'no output'}`;
}

whyMissing()
  .catch((error: Error) => error.message)
  .then((reason) => console.log(JSON.stringify(reason)));
