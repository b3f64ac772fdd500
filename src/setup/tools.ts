import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { MIN_PYTHON } from './installed/versions.js';
import { outputOf } from './run-command.js';

export type Tool = 'python3' | 'python3-venv' | 'compiler' | 'cmake' | 'make';

interface Recipe {
  name: string;
  debian: string;
  fedora: string;
  brew: string;
}

const RECIPES: Readonly<Record<Tool, Recipe>> = {
  python3: {
    name: `Python ${MIN_PYTHON.join('.')} or newer`,
    debian: 'python3',
    fedora: 'python3',
    brew: 'python',
  },
  'python3-venv': {
    name: "Python's venv module",
    debian: 'python3-venv',
    fedora: 'python3-pip',
    brew: 'python',
  },
  compiler: { name: 'a C++ compiler (g++ or clang++)', debian: 'g++', fedora: 'gcc-c++', brew: 'gcc' },
  cmake: { name: 'CMake', debian: 'cmake', fedora: 'cmake', brew: 'cmake' },
  make: { name: 'make', debian: 'make', fedora: 'make', brew: 'make' },
};

/** The commands that install the tools, one line per system. */
function installHint(tools: readonly Tool[]): string {
  const packages = (system: 'debian' | 'fedora' | 'brew') =>
    [...new Set(tools.map((tool) => RECIPES[tool][system]))].join(' ');
  return [
    `  Debian, Ubuntu:  sudo apt-get install ${packages('debian')}`,
    `  Fedora:          sudo dnf install ${packages('fedora')}`,
    `  Homebrew:        brew install ${packages('brew')}`,
  ].join('\n');
}

/** One error for all missing tools, so that nobody installs them one failed run at a time. */
export function toolsMissing(tools: readonly Tool[], purpose: string): GoogLeNetError {
  const names = tools.map((tool) => RECIPES[tool].name);
  const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const verb = names.length === 1 ? 'is' : 'are';
  return new GoogLeNetError(
    'TOOL_MISSING',
    `Cannot ${purpose}: ${list} ${verb} missing. Install with\n${installHint(tools)}`,
  );
}

/** The path of a program, as `which` finds it on PATH. */
export async function which(
  program: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const folders = program.includes('/') ? [''] : (env.PATH ?? '').split(delimiter).filter((f) => f !== '');
  for (const folder of folders) {
    const path = isAbsolute(program) ? program : join(resolve(folder), program);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

export interface Program {
  path: string;
  /** The first version number it prints, e.g. `12.2.0`. */
  version: string;
}

export async function program(name: string): Promise<Program | null> {
  const path = await which(name);
  if (path === undefined) return null;
  const text = await outputOf(path, ['--version']);
  if (text === undefined) return null;
  return { path, version: /\d+(\.\d+)+/.exec(text)?.[0] ?? 'unknown' };
}

/** The compiler of a build: `CXX`, else g++, else clang++. */
export async function compiler(env: NodeJS.ProcessEnv = process.env): Promise<Program | null> {
  const wanted = env.CXX?.trim().split(/\s+/)[0];
  if (wanted) return program(wanted);
  return (await program('g++')) ?? (await program('clang++'));
}

export interface Python {
  path: string;
  version: string;
  hasVenv: boolean;
}

const PYTHON_PROBE = `
import importlib.util as u, sys
print('%d.%d.%d' % sys.version_info[:3], int(all(u.find_spec(m) for m in ('venv', 'ensurepip'))))`;

/** Version of an interpreter; null when it does not run. */
export async function python(path: string): Promise<Python | null> {
  const found = await which(path);
  const text = found === undefined ? undefined : await outputOf(found, ['-c', PYTHON_PROBE]);
  if (found === undefined || text === undefined) return null;
  const [version = '', venv = '0'] = text.split(' ');
  return { path: found, version, hasVenv: venv === '1' };
}

/** PATH with the running Node first, because build tools start `node` by name. */
export const pathWithNode = (env: NodeJS.ProcessEnv = process.env): string =>
  [dirname(process.execPath), env.PATH ?? ''].filter((part) => part !== '').join(delimiter);
