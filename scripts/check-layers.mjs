// Imports go one way (ARCHITECTURE.md). Prints each import that does not, each circle and each rule that no import needs, and exits
// with 1 if there are any. `node check-layers.mjs [root]`
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
/** Another tree is a test's: it has few files, so most rules are not needed there. */
const isProject = process.argv[2] === undefined;

/** Rooms of native/, lowest first → rooms that each may include from, besides itself. */
const NATIVE = {
  core: [],
  kernels: ['core'],
  nn: ['kernels', 'core'],
  models: ['nn', 'core'],
  weights: ['core'],
  data: ['core'],
  train: ['models', 'weights', 'core'],
  infer: ['kernels', 'core'],
  lowering: ['infer', 'models', 'nn', 'core'],
  binding: ['core', 'nn', 'models', 'weights', 'data', 'train', 'kernels', 'infer', 'lowering'],
};
/** Rooms that know neither libtorch nor what knows it. */
const WITHOUT_TORCH = ['kernels', 'infer'];

/** Rooms of src/, lowest first → rooms that each may import, besides itself. A room may lie in another one: the longest name counts. */
const TYPESCRIPT = {
  core: [],
  'setup/installed': ['core'],
  native: ['core', 'setup/installed'],
  formats: ['core'],
  hub: ['core', 'formats'],
  weights: ['core', 'native', 'formats'],
  data: ['core', 'native', 'formats'],
  inference: ['core', 'native', 'data'],
  engine: ['core', 'native', 'formats', 'weights', 'inference'],
  models: ['core', 'native', 'formats', 'hub', 'weights', 'inference', 'engine'],
  train: ['core', 'native', 'formats', 'weights', 'data', 'inference', 'models'],
  'run/records': ['core'],
  report: ['core', 'run/records', 'models'],
  dashboard: ['core', 'run/records'],
  run: [
    'core',
    'setup/installed',
    'native',
    'data',
    'inference',
    'models',
    'train',
    'run/records',
    'report',
    'dashboard',
  ],
  setup: ['core', 'native', 'setup/installed'],
  cli: [
    'core',
    'native',
    'formats',
    'data',
    'inference',
    'engine',
    'models',
    'train',
    'run/records',
    'report',
    'dashboard',
    'run',
    'setup',
    'setup/installed',
  ],
};
/** Modules that load an addon: owners of native handles. */
const LOADS_ADDON =
  /^(native\/|models\/(module|image-classifier|inception)\.|engine\/(engine|lower|options)\.|train\/trainer\.|data\/(transforms|crops)\.|setup\/doctor\.)/;

const violations = [];
const needed = new Set();

function filesUnder(folder, extensions) {
  const base = join(root, folder);
  if (!existsSync(base)) return [];
  return readdirSync(base, { recursive: true })
    .map(String)
    .filter((name) => extensions.test(name) && !name.startsWith('build/'))
    .sort();
}

/** Notes a rule that is needed, or tells that there is none. */
function check(language, room, target, mayUse, tell) {
  if (room === target) return;
  needed.add(`${language} ${room} ${target}`);
  if (!mayUse.includes(target)) tell(`${room}/ may use ${mayUse.join(', ') || 'nothing'} only`);
}

function checkNative(file) {
  const room = file.split('/')[0];
  const report = (included, rule) => violations.push(`native/${file} includes ${included}: ${rule}`);
  if (room === 'units') return; // several sources, each of which has its room
  if (!(room in NATIVE)) return report('from an unknown folder', 'name it in scripts/check-layers.mjs');
  const text = readFileSync(join(root, 'native', file), 'utf8');
  for (const [, included] of text.matchAll(/^\s*#\s*include\s*[<"]([^">]+)[">]/gm)) {
    const target = included.split('/')[0];
    const tell = (rule) => report(included, rule);
    if (/^(napi|node_api|node|js_native_api|uv|v8)\b/.test(included) && room !== 'binding') {
      tell('only binding/ knows Node');
    }
    if (WITHOUT_TORCH.includes(room) && /^(torch|ATen|c10)\//.test(included)) {
      tell('engines do not know libtorch');
    }
    if (target in NATIVE) check('C++', room, target, NATIVE[room], tell);
  }
}

const roomOf = (module) => {
  const folders = module.split('/').slice(0, -1);
  for (let n = folders.length; n > 0; n--) {
    const room = folders.slice(0, n).join('/');
    if (room in TYPESCRIPT) return room;
  }
  return null;
};

/** Imports of a module, types included: file as written → the file it means, both below src/. */
function importsOf(file, text) {
  const imports = [];
  for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*'(\.[^']+)'/g)) {
    const target = relative(join(root, 'src'), resolve(root, 'src', dirname(file), specifier));
    imports.push(target.replace(/\.(m?)js$/, '.$1ts'));
  }
  return imports;
}

function checkTypeScript(file, text, imports) {
  const room = roomOf(file);
  if (room === null && file !== 'index.ts') {
    violations.push(`src/${file}: each module but index.ts has a room`);
  }
  for (const target of imports) {
    const tell = (rule) => violations.push(`src/${file} imports ${target}: ${rule}`);
    if (/^native\/load\b/.test(target) && !LOADS_ADDON.test(file)) {
      tell('only owners of native handles load the addon');
    }
    const other = roomOf(target);
    if (room !== null && other !== null) check('TypeScript', room, other, TYPESCRIPT[room], tell);
    if (target === 'index.ts' && room !== 'cli') tell('the public API is for users');
  }
  if (file.endsWith('.mts')) checkBrowserModule(file, text);
}

/** A browser finds neither what is outside of the page's folder nor what npm installs; types it does not need. */
function checkBrowserModule(file, text) {
  for (const [, kind, specifier] of text.matchAll(/^import (type )?[^;]*?'([^']+)';$/gm)) {
    const isBeside = specifier.startsWith('./') && specifier.endsWith('.mjs');
    if (kind === undefined && !isBeside) {
      violations.push(`src/${file} imports ${specifier}: a browser's module imports ./….mjs and types only`);
    }
  }
}

/** Groups of modules that import one another in a circle: Tarjan's strongly connected components. */
function circles(graph) {
  const found = [];
  const state = new Map();
  const stack = [];
  const visit = (module) => {
    const own = { index: state.size, low: state.size, isOpen: true };
    state.set(module, own);
    stack.push(module);
    for (const target of graph.get(module) ?? []) {
      const other = state.get(target) ?? visit(target);
      if (other.isOpen) own.low = Math.min(own.low, other.low);
    }
    if (own.low === own.index) {
      const group = stack.splice(stack.indexOf(module));
      for (const member of group) state.get(member).isOpen = false;
      if (group.length > 1) found.push(group.sort());
    }
    return own;
  };
  for (const module of graph.keys()) if (!state.has(module)) visit(module);
  return found;
}

/** A rule leads to a lower room, so there is no circle of rooms either. */
function checkOrder(language, rules) {
  const rooms = Object.keys(rules);
  for (const [room, targets] of Object.entries(rules)) {
    for (const target of targets) {
      if (rooms.indexOf(target) >= rooms.indexOf(room) || !rooms.includes(target)) {
        violations.push(`${language}: the rule that ${room}/ may use ${target}/ leads to no lower room.`);
      }
    }
  }
}

function checkNeeded(language, rules) {
  for (const [room, targets] of Object.entries(rules)) {
    for (const target of targets) {
      if (!needed.has(`${language} ${room} ${target}`)) {
        violations.push(`${language}: ${room}/ may use ${target}/ and does not. Remove the rule.`);
      }
    }
  }
}

filesUnder('native', /\.(h|cpp|cu|cuh)$/).forEach(checkNative);

const graph = new Map();
for (const file of filesUnder('src', /\.m?ts$/)) {
  const text = readFileSync(join(root, 'src', file), 'utf8');
  graph.set(file, importsOf(file, text));
  checkTypeScript(file, text, graph.get(file));
}
for (const group of circles(graph)) violations.push(`A circle of imports: ${group.join(', ')}`);
if (isProject) {
  checkOrder('C++', NATIVE);
  checkOrder('TypeScript', TYPESCRIPT);
  checkNeeded('C++', NATIVE);
  checkNeeded('TypeScript', TYPESCRIPT);
}

for (const violation of violations) console.error(violation);
process.exitCode = violations.length > 0 ? 1 : 0;
