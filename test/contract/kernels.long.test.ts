import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { addonPath } from '../../src/setup/paths.js';
import { which } from '../../src/setup/tools.js';
import { testWhere } from '../support/skip.js';

const run = promisify(execFile);

const buildDir = dirname(dirname(addonPath()));
const isBuiltByCmake = existsSync(join(buildDir, 'CMakeCache.txt'));

/** The compiler takes a quarter of a minute for the test program, and minutes where the addon is to be built again too. */
const BUILD_MS = 10 * 60_000;

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

/** A program of the build that is not built with the addon. */
async function build(target: string): Promise<string> {
  await builderToEnd();
  const cmake = await which('cmake');
  if (cmake === undefined) throw new Error('CMake built the addon and is gone: put it on PATH.');
  const jobs = String(availableParallelism());
  await run(cmake, ['--build', buildDir, '--target', target, '--parallel', jobs]);
  return join(buildDir, target);
}

const testBuilt = testWhere(isBuiltByCmake, `${buildDir} was not built by CMake`);

testBuilt(
  'max-pooling has the bits of libtorch’s, forward and backward, with each instruction set of this machine',
  async () => {
    const { stdout } = await run(await build('googlenet_tests'), ['600']);
    expect(stdout).toMatch(/^\d{8,} numbers compared\n$/);
  },
  BUILD_MS,
);

/** Longer runs with other seeds: `build/engine_tests_memory <seed> <repeats>`. */
const SEED = '1';

testBuilt(
  'kernels, plans and engines compute what plain loops do, and touch no memory but their own',
  async () => {
    const { stdout } = await run(await build('engine_tests_memory'), [SEED, '40']);
    expect(stdout).toMatch(
      /^maps: \d+ cases\nconvolutions: \d+ cases\nplans: \d+ cases\nengines: \d+ cases\n$/,
    );
  },
  BUILD_MS,
);

// The program above has tiles in memory for the kernels of AMX; this one has the processor's, where there are any.
testBuilt(
  'engines have no data races, and kernels compute the same with what this processor has',
  async () => {
    const { stdout } = await run(await build('engine_tests_thread'), [SEED, '15', 'convolutions', 'engines']);
    expect(stdout).toMatch(/^convolutions: \d+ cases\nengines: \d+ cases\n$/);
  },
  BUILD_MS,
);
