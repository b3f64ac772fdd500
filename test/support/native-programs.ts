import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { addonPath } from '../../src/setup/installed/paths';
import { which } from '../../src/setup/tools';
import { PACKAGE_ROOT } from './child';

const run = promisify(execFile);

export const BUILD_DIR = dirname(dirname(addonPath()));
export const IS_BUILT_BY_CMAKE = existsSync(join(BUILD_DIR, 'CMakeCache.txt'));

/** The compiler takes a quarter of a minute for the test program, and minutes where the addon is to be built again too. */
export const BUILD_MS = 10 * 60_000;

/** Waits for the process that compiles these programs while other tests run, where there is one. */
async function builderToEnd(): Promise<void> {
  const pid = Number(process.env.GOOGLENET_TEST_PROGRAMS_BUILDER);
  while (pid > 0 && isRunning(pid)) await sleep(200);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Builds what is not built with the addon: a program of that name, for most targets. */
export async function buildTarget(target: string): Promise<string> {
  await builderToEnd();
  const cmake = await which('cmake');
  if (cmake === undefined) throw new Error('CMake built the addon and is gone: put it on PATH.');
  const jobs = String(availableParallelism());
  await run(cmake, ['--build', BUILD_DIR, '--target', target, '--parallel', jobs]);
  return join(BUILD_DIR, target);
}

const native = (...path: string[]) => join(PACKAGE_ROOT, 'native', ...path);

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n');

/** What engine.node is compiled from. */
export const ENGINE_SOURCES = linesOf(native('infer', 'sources.txt')).filter((line) =>
  line.startsWith('native/'),
);

/** By folder of `native/kernels`. */
const INSTRUCTION_SET_FLAGS: ReadonlyMap<string, readonly string[]> = new Map(
  linesOf(native('kernels', 'flags.txt'))
    .filter((line) => /^\w/.test(line))
    .map((line) => {
      const [folder = '', ...flags] = line.split(' ');
      return [folder, flags];
    }),
);

/** Of a source of engine.node; none for those that every processor runs. */
export const flagsOf = (source: string): readonly string[] =>
  INSTRUCTION_SET_FLAGS.get(/^native\/kernels\/(\w+)\//.exec(source)?.[1] ?? '') ?? [];
