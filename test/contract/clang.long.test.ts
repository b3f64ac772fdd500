import { execFile, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../support/child';
import { ENGINE_SOURCES, flagsOf } from '../support/native-programs';
import { testWhere } from '../support/skip';

const run = promisify(execFile);

const native = (...path: string[]) => join(PACKAGE_ROOT, 'native', ...path);

/** Headers of Node and of its C++ wrapper, whose warnings are not ours. */
const HEADERS = [
  dirname(require.resolve('node-addon-api')),
  join(dirname(require.resolve('node-api-headers')), 'include'),
].flatMap((folder) => ['-isystem', folder]);

const FLAGS = [
  ['-std=c++20', '-O1', '-fPIC', '-fvisibility=hidden', '-DNAPI_VERSION=8', `-I${native()}`],
  ['-Wall', '-Wextra', '-Werror', '-Wframe-larger-than=32768', '-c', '-o', '/dev/null'],
].flat();

const LIBRARIES = ['libstdc++', 'libc++'];

/** Whether clang finds the headers of a standard library. */
function has(library: string): boolean {
  const program = { input: '#include <memory>', encoding: 'utf8' as const };
  return (
    spawnSync('clang++', [`-stdlib=${library}`, '-fsyntax-only', '-x', 'c++', '-'], program).status === 0
  );
}

for (const library of LIBRARIES) {
  testWhere(has(library), `there is no clang++ with ${library}`)(
    `clang with ${library} compiles the engines without a warning`,
    async () => {
      for (const source of ENGINE_SOURCES) {
        await run('clang++', [
          `-stdlib=${library}`,
          ...FLAGS,
          ...flagsOf(source),
          ...HEADERS,
          join(PACKAGE_ROOT, source),
        ]);
      }
    },
    10 * 60_000,
  );
}
