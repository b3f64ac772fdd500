// Commands of the package, run as a user would type them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { root, run } from './bootstrap.mjs';

const main = 'dist/cli/main.js';

const announce = (args) => console.log(`\n$ npx googlenet ${args.join(' ')}`);

/** Ends the program where one of its commands failed or was interrupted. */
function check(status) {
  if (status > 128) console.error('Interrupted. Run the same command again to resume.');
  if (status !== 0) process.exit(status ?? 1);
}

export async function googlenet(...args) {
  announce(args);
  check(await run(process.execPath, [main, ...args]));
}

/** Runs a command that prints JSON. @returns the parsed JSON. */
export async function googlenetJson(...args) {
  announce(args);
  const child = spawn(process.execPath, [main, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  check(status);
  return JSON.parse(output);
}

/** A path of the user for commands, which run in the root of the project: relative to the root if it lies there. */
export function fromRoot(path) {
  const inside = relative(root, resolve(path));
  return inside.startsWith('..') || isAbsolute(inside) ? resolve(path) : inside;
}

/** Whether a folder holds a run, and whether that is complete. */
export function stateOf(dir) {
  const has = (file) => existsSync(resolve(root, dir, file));
  return { begun: has('settings.json'), complete: has('model.safetensors') };
}

/** Trains in `dir`, or resumes the run that is there; a complete one stays as it is. */
export async function trainOrResume(dir, flags) {
  const { begun, complete } = stateOf(dir);
  if (complete) console.log(`\n${dir} holds the complete run. Remove it to train anew.`);
  else await googlenet('train', ...(begun ? ['--resume', dir] : [...flags, '--out', dir]));
}
