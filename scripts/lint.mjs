// npm run lint: formatting, lint rules, types, C++ formatting and the one-way imports. `--fix` formats what can be formatted.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, run } from './lib/bootstrap.mjs';

const nativeFiles = () =>
  ['native', 'test/native'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => /\.(h|cpp|cu|cuh)$/.test(name) && !name.startsWith('build/'))
      .map((name) => join(folder, name)),
  );

/** The binary itself where the npm package has one for this machine: its wrapper waits for standard input. */
function clangFormat() {
  const bundled = join(
    root,
    `node_modules/clang-format/bin/${process.platform}_${process.arch}/clang-format`,
  );
  return existsSync(bundled) ? bundled : 'clang-format';
}

/** Every check runs, so that one run shows all there is to fix. Resolves to whether all of them passed. */
export async function lint({ fix = false } = {}) {
  const node = process.execPath;
  const checks = {
    'biome check': [node, 'node_modules/@biomejs/biome/bin/biome', 'check', ...(fix ? ['--write'] : [])],
    'clang-format': [
      clangFormat(),
      '--style=file',
      ...(fix ? ['-i'] : ['--dry-run', '--Werror']),
      ...nativeFiles(),
    ],
    'tsc (src and test)': [node, 'node_modules/typescript/bin/tsc', '-p', 'test'],
    // With the page's modules, which know the globals of browsers.
    'tsc (what is compiled)': [node, 'node_modules/typescript/bin/tsc', '-p', '.', '--noEmit'],
    'one-way imports': [node, 'scripts/check-layers.mjs'],
    words: [node, 'scripts/check-words.mjs'],
    'knip (what nobody uses)': [
      node,
      'node_modules/knip/bin/knip.js',
      '--no-progress',
      '--treat-config-hints-as-errors',
    ],
    'publint (what is published)': [node, 'node_modules/publint/src/cli.js', '--strict'],
    'docs/reference is current': [node, 'scripts/docs.mjs', '--check'],
  };
  const failed = [];
  for (const [name, [file, ...args]] of Object.entries(checks)) {
    const begin = Date.now();
    const status = await run(file, args).catch((error) => {
      console.error(`${file} cannot be started: ${error.message}`);
      return 1;
    });
    if (status !== 0) failed.push(name);
    console.log(`${status === 0 ? '✓' : '✗'} ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  }
  if (failed.length > 0)
    console.error(`Lint failed: ${failed.join(', ')}. \`npm run format\` fixes formatting.`);
  return failed.length === 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const passed = await lint({ fix: process.argv.includes('--fix') });
  process.exitCode = passed ? 0 : 1;
}
