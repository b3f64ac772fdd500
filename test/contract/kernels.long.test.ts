import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BUILD_DIR, BUILD_MS, buildTarget as build, IS_BUILT_BY_CMAKE } from '../support/native-programs';
import { testWhere } from '../support/skip';

const run = promisify(execFile);

const testBuilt = testWhere(IS_BUILT_BY_CMAKE, `${BUILD_DIR} was not built by CMake`);

testBuilt(
  'max-pooling has the bits of libtorch’s, forward and backward, with each instruction set of this machine',
  async () => {
    const { stdout } = await run(await build('googlenet_tests'), ['600']);
    expect(stdout).toMatch(/^\d{8,} elements compared\n$/);
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
      /^feature-maps: \d+ cases\nconvolutions: \d+ cases\nplans: \d+ cases\nengines: \d+ cases\n$/,
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
