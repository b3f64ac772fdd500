// Imports go one way (ARCHITECTURE.md). Prints every import that does not and exits with 1. `node check-layers.mjs [root]`
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));

// C++ folder → folders it may include from, besides itself. Only binding/ sees everything, and nothing sees binding/.
const native = {
  core: [],
  kernels: ['core'],
  nn: ['kernels', 'core'],
  models: ['nn', 'core'],
  weights: ['models', 'nn', 'core'],
  data: ['core'],
  train: ['models', 'weights', 'nn', 'data', 'core'],
  infer: ['kernels', 'core'],
  lowering: ['infer', 'kernels', 'models', 'nn', 'core'],
  dist: ['core'],
  binding: ['core', 'nn', 'models', 'weights', 'data', 'train', 'kernels', 'infer', 'lowering', 'dist'],
};

// Modules of src/ that anybody may import.
const common = /^(core\/.*|hub\/labels\/.*|native\/binding-types)$/;
// TypeScript folder → modules it may import, besides its own and the common ones. Folders that are not named are free.
const typescript = {
  formats: /^(?!)/,
  // Drawing an explanation takes the renderer of charts.
  inference: /^(data\/.*|native\/call-queue|report\/png)$/,
  engine: /^(formats\/.*|inference\/.*|native\/.*|weights\/.*)$/,
  report: /^(run\/records\/.*|models\/summary)$/,
  dashboard: /^run\/records\/.*$/,
  serve: /^(engine\/.*|models\/.*|inference\/.*)$/,
  setup: /^native\/load$/,
  native: /^(setup\/(paths|versions|build-record|libtorch-version))$/,
};
const loadsAddon =
  /^(index|models\/(module|image-classifier|inception)|engine\/(engine|lower|options)|train\/trainer|data\/(.*transform.*|crops)|setup\/doctor.*|native\/.*)$/;

const violations = [];

function filesUnder(folder, extensions) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => extensions.test(path) && !path.startsWith(join(root, 'native', 'build')));
}

function checkNative(path) {
  const file = relative(join(root, 'native'), path);
  const folder = file.split('/')[0];
  const report = (included, rule) => violations.push(`native/${file} includes ${included}: ${rule}`);
  if (folder === 'units') return; // several sources, each of which has its room
  if (!(folder in native)) report('from an unknown folder', 'name it in scripts/check-layers.mjs');
  for (const [, included] of readFileSync(path, 'utf8').matchAll(/^\s*#\s*include\s*[<"]([^">]+)[">]/gm)) {
    const target = included.split('/')[0];
    if (/^(napi|node_api|node|js_native_api|uv|v8)\b/.test(included) && folder !== 'binding') {
      report(included, 'only binding/ knows Node');
    }
    if (/^(kernels|infer)\//.test(file) && /^(torch|ATen|c10)\//.test(included)) {
      report(included, 'kernels and engines do not know libtorch');
    }
    if (target in native && target !== folder && !native[folder]?.includes(target)) {
      report(included, `${folder}/ may include ${native[folder]?.join(', ') || 'nothing'} only`);
    }
  }
}

function checkTypeScript(path) {
  const file = relative(join(root, 'src'), path).replace(/\.m?ts$/, '');
  const folder = file.includes('/') ? file.split('/')[0] : '';
  const text = readFileSync(path, 'utf8');
  const imports = text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*'(\.[^']+)'/g);
  for (const [, specifier] of imports) {
    const target = relative(join(root, 'src'), resolve(dirname(path), specifier)).replace(/\.m?[jt]s$/, '');
    const report = (rule) => violations.push(`src/${file}.ts imports ${target}: ${rule}`);
    if (target.startsWith('cli/') && folder !== 'cli') report('nobody imports cli/');
    if (target.startsWith('dashboard/') && !/^(dashboard|run|cli)$/.test(folder)) {
      report('only run/ and cli/ import dashboard/');
    }
    if (file.startsWith('run/records/') && !target.startsWith('run/records/') && !common.test(target)) {
      report('run/records/ is below report/ and dashboard/');
    }
    const isRun = target.startsWith('run/') && !target.startsWith('run/records/');
    if (isRun && file !== 'index' && !/^(run|setup|cli)$/.test(folder)) report('run/ is above');
    if (/^native\/load(-engine)?$/.test(target) && !loadsAddon.test(file))
      report('only those that own a handle load the addon');
    const isOwn = folder !== '' && target.startsWith(`${folder}/`);
    if (folder in typescript && !isOwn && !common.test(target) && !typescript[folder].test(target)) {
      report(`${folder}/ may not`);
    }
  }
  if (path.endsWith('.mts')) checkBrowserModule(file, text);
}

/** A browser finds neither what is outside of the page's folder nor what npm installs; types it does not need. */
function checkBrowserModule(file, text) {
  for (const [, kind, specifier] of text.matchAll(/^import (type )?[^;]*?'([^']+)';$/gm)) {
    const isBeside = specifier.startsWith('./') && specifier.endsWith('.mjs');
    if (kind === undefined && !isBeside) {
      violations.push(
        `src/${file}.mts imports ${specifier}: a browser's module imports ./….mjs and types only`,
      );
    }
  }
}

filesUnder(join(root, 'native'), /\.(h|cpp|cu|cuh)$/).forEach(checkNative);
filesUnder(join(root, 'src'), /\.m?ts$/).forEach(checkTypeScript);

for (const violation of violations) console.error(violation);
process.exitCode = violations.length > 0 ? 1 : 0;
