import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { addonPath } from '../../src/setup/paths.js';
import { which } from '../../src/setup/tools.js';
import { testWhere } from '../support/skip.js';

const run = promisify(execFile);

const buildDir = dirname(dirname(addonPath()));
const isBuiltByCmake = existsSync(join(buildDir, 'CMakeCache.txt'));

/** The compiler takes a quarter of a minute for the test program, and minutes where the addon is to be built again too. */
const BUILD_MS = 10 * 60_000;

testWhere(isBuiltByCmake, `${buildDir} was not built by CMake`)(
  'max-pooling has the bits of libtorch’s, forward and backward, with each instruction set of this machine',
  async () => {
    const cmake = await which('cmake');
    if (cmake === undefined) throw new Error('CMake built the addon and is gone: put it on PATH.');
    const jobs = String(availableParallelism());
    await run(cmake, ['--build', buildDir, '--target', 'googlenet_tests', '--parallel', jobs]);
    const { stdout } = await run(join(buildDir, 'googlenet_tests'), ['600']);
    expect(stdout).toMatch(/^\d{8,} numbers compared\n$/);
  },
  BUILD_MS,
);
