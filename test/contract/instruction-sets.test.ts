import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUILD_DIR, ENGINE_SOURCES, flagsOf, IS_BUILT_BY_CMAKE } from '../support/native-programs';
import { testWhere } from '../support/skip';

const run = promisify(execFile);

/** Names that an object defines and that another may define too: of those the linker keeps one. */
async function sharedNames(source: string): Promise<string[]> {
  const object = join(BUILD_DIR, 'CMakeFiles/engine.dir', `${source}.o`);
  const { stdout } = await run('nm', ['--demangle', '--defined-only', object]);
  return stdout.split('\n').filter((line) => /^\w+ [WVu] /.test(line));
}

const compiledForSets = ENGINE_SOURCES.filter((source) => flagsOf(source).length > 0);

testWhere(IS_BUILT_BY_CMAKE && process.arch === 'x64', `${BUILD_DIR} was not built by CMake for x64`)(
  'What is compiled for an instruction set reaches no processor without it',
  async () => {
    expect(compiledForSets.length).toBeGreaterThan(10);
    const names = await Promise.all(compiledForSets.map(sharedNames));
    expect(Object.fromEntries(compiledForSets.map((source, i) => [source, names[i]]))).toEqual(
      Object.fromEntries(compiledForSets.map((source) => [source, []])),
    );
  },
);
