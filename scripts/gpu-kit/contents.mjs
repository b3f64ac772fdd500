// What a kit holds: enough to build the addon, run test/gpu and the benchmark where there is no network.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from '../lib/bootstrap.mjs';

/** Copied as they are, each to its own place. */
const FILES = [
  'CMakeLists.txt',
  'LICENSE',
  'package.json',
  'native',
  'dist',
  'scripts/bench',
  'scripts/lib/bootstrap.mjs',
  'scripts/lib/flags.mjs',
  'scripts/gpu-kit',
  'scripts/parity/googlenet.py',
];

/** What the build, the tests and images of a training need; what draws reports stays here. */
const PACKAGES = ['cmake-js', 'commander', 'node-addon-api', 'jest', 'sharp'];

/** Compiled, since the compiler is larger than all else that tests need. */
const TESTS = ['test/gpu', 'test/support'];

const UNWANTED = /\.(d\.ts|d\.mts|map|md|markdown)$|__pycache__|\/native\/build(\/|$)/;

const copy = (path, folder) =>
  cpSync(join(root, path), join(folder, path), {
    recursive: true,
    dereference: true,
    filter: (file) => !UNWANTED.test(file.slice(root.length)),
  });

/** The folders of packages and of all that they depend on, as npm has laid them out. */
export function packagesFor(names) {
  const installed = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
  const found = new Set();
  /** As Node looks for it: next to the asking package first, then further up. */
  const locate = (name, from) => {
    const path = `${from && `${from}/`}node_modules/${name}`;
    if (path in installed) return path;
    return from === ''
      ? undefined
      : locate(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))));
  };
  const add = (name, from) => {
    const path = locate(name, from);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    const { dependencies, optionalDependencies } = installed[path];
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) add(needed, path);
  };
  for (const name of names) add(name, '');
  return [...found].sort();
}

/** The sources of tests as Node runs them; what they import of `src/` they find in `dist/`. */
function compileTests(folder) {
  const { transformFileSync } = createRequire(import.meta.url)('@swc/core');
  const sources = TESTS.flatMap((test) =>
    readdirSync(join(root, test), { recursive: true }).map((name) => join(test, name)),
  ).filter((path) => path.endsWith('.ts'));
  for (const path of sources) {
    const { code } = transformFileSync(join(root, path), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    const target = join(folder, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code.replaceAll(/((?:\.\.\/)+)src\//g, '$1dist/'));
  }
}

/** Fills a folder. @param about goes into kit.json, by which scripts know that they run in a kit. */
export function writeKit(folder, about, onProgress) {
  onProgress('sources and compiled TypeScript');
  for (const path of FILES) copy(path, folder);
  onProgress('tests');
  compileTests(folder);
  onProgress('packages');
  for (const path of packagesFor(PACKAGES)) copy(path, folder);
  onProgress('Node.js');
  const node = join(folder, 'node/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  cpSync(process.execPath, node, { dereference: true });
  chmodSync(node, 0o755);
  cpSync(join(root, 'scripts/gpu-kit/run.sh'), join(folder, 'run.sh'));
  chmodSync(join(folder, 'run.sh'), 0o755);
  writeFileSync(join(folder, 'kit.json'), `${JSON.stringify(about, null, 2)}\n`);
}
