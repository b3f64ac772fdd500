import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ALIVE, constructAndTerminate, dropInExitListener, PERTURBED } from '../support/engine-workers';
import { HAS_KERNELS } from '../support/engines';
import { BUILD_DIR, BUILD_MS, buildTarget, IS_BUILT_BY_CMAKE } from '../support/native-programs';
import { testWhere } from '../support/skip';

const COUNT = 200;
const REASON = 'this machine has no kernels of ours';

test.each([
  ['', {}],
  [', with freed memory overwritten', PERTURBED],
])(
  '200 workers that construct engines, and 200 that drop them in exit listeners, harm nobody%s',
  async (_, env) => {
    if (!HAS_KERNELS) return;
    expect(await constructAndTerminate({ count: COUNT, env })).toEqual(ALIVE);
    expect(await dropInExitListener({ count: COUNT, env })).toEqual(ALIVE);
  },
);

/** GCC's runtime, which must come first in a process whose program was compiled without it. */
async function libasan(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.env.CXX ?? 'c++', ['-print-file-name=libasan.so']);
  return stdout.trim();
}

testWhere(HAS_KERNELS && IS_BUILT_BY_CMAKE, IS_BUILT_BY_CMAKE ? REASON : 'the addon was not built by CMake')(
  'nor under AddressSanitizer',
  async () => {
    await buildTarget('engine_address');
    const addon = join(BUILD_DIR, 'address', 'engine.node');
    const runtime = await libasan();
    expect(existsSync(runtime)).toBe(true);
    // V8 ends with memory that it has not freed, and nothing of ours is to be found among it.
    const workers = { count: COUNT, addon, env: { LD_PRELOAD: runtime, ASAN_OPTIONS: 'detect_leaks=0' } };
    expect(await constructAndTerminate(workers)).toEqual(ALIVE);
    expect(await dropInExitListener(workers)).toEqual(ALIVE);
  },
  BUILD_MS,
);
