// The programs of test/native: compiled in the background while other tests run, because that takes minutes.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './bootstrap.mjs';

const PROGRAMS = ['googlenet_tests', 'engine_tests_memory', 'engine_tests_thread'];

/** Starts the process that builds them, at the lowest priority; undefined when CMake did not build the addon. */
export function buildTestPrograms() {
  const { addonPath } = createRequire(import.meta.url)(join(root, 'dist/setup/installed/paths.js'));
  const buildDir = dirname(dirname(addonPath()));
  if (!existsSync(join(buildDir, 'CMakeCache.txt'))) return undefined;
  mkdirSync(join(root, '.googlenet'), { recursive: true });
  const log = openSync(join(root, '.googlenet/test-programs.log'), 'w');
  const build = ['cmake', '--build', buildDir, '--target', ...PROGRAMS];
  const child = spawn('nice', ['-n', '19', ...build], { stdio: ['ignore', log, log] });
  // A test that needs a program builds it again and reports what is wrong.
  child.on('error', () => undefined);
  return child.pid === undefined ? undefined : child;
}
