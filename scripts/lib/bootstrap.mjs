// Prepares a clone: checks Node, installs the npm packages, compiles TypeScript, sets up libtorch and the native addon. Skips what is up
// to date. Plain JavaScript without dependencies, because it runs before they are installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const oldestNode = [20, 19];

/** Ends the program with one of the package's error codes. */
function fail(code, message, status = 1) {
  console.error(`${code}: ${message}`);
  process.exit(status);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  fail(
    'TOOL_MISSING',
    `Node.js ${oldestNode.join('.')} or newer is needed, and this is ${process.versions.node}. Install it with your version manager ` +
      '(nvm install 22, fnm install 22, volta install node@22) or your system (Homebrew: brew install node@22).',
  );
}

/** Runs a program in the root of the project and forwards signals to it. */
export function run(file, args, options = {}) {
  return new Promise((done, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const pass = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, pass);
    const finish = () => {
      for (const signal of signals) process.off(signal, pass);
    };
    child.once('error', (error) => {
      finish();
      reject(error);
    });
    child.once('close', (code, signal) => {
      finish();
      done(signal ? 130 : code);
    });
  });
}

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).sort();
  return names.reduce((files, name) => files.concat(filesUnder(join(path, name))), []);
}

function hashOf(...paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of filesUnder(join(root, path)))
      hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/**
 * Makes `product` unless it exists and was made from the same input. The hash of the input is written last, and to node_modules,
 * because the product may be published.
 */
async function once(title, product, hash, work) {
  const path = join(root, 'node_modules', `.googlenet-${product}`);
  const made = existsSync(join(root, product)) && existsSync(path) && readFileSync(path, 'utf8') === hash;
  if (made) return;
  const begin = Date.now();
  console.log(`· ${title}`);
  await work();
  writeFileSync(path, hash);
  console.log(`✓ ${title} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
}

// Not `npm ci`, which refuses a lock file that lacks an optional package of another platform. This installs the locked versions, too,
// and does not change the lock file. No package needs its install script here.
const npmInstall = [
  'install',
  '--no-save',
  '--include=dev',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

async function installPackages() {
  const title = 'Installing npm packages (npm install)';
  await once(title, 'node_modules', hashOf('package-lock.json'), async () => {
    let status;
    try {
      status = await run('npm', npmInstall);
    } catch {
      fail(
        'TOOL_MISSING',
        'npm is missing. It comes with Node.js; on Debian and Ubuntu: sudo apt-get install npm.',
      );
    }
    if (status !== 0) fail('SETUP_FAILED', `npm install ended with status ${status}; see above.`, status);
  });
}

async function compileTypeScript() {
  const hash = hashOf('src', 'tsconfig.json', 'package-lock.json');
  await once('Compiling TypeScript (tsc)', 'dist', hash, async () => {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    // Twice: comments are for the declarations, which editors show, and would be a quarter of the code.
    for (const flags of [[], ['--removeComments', '--declaration', 'false']]) {
      const status = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.', ...flags]);
      if (status !== 0) fail('SETUP_FAILED', 'The TypeScript sources do not compile; see above.', status);
    }
    // npm does this where the package is installed; here `npx googlenet` runs the file itself.
    chmodSync(join(root, 'dist/cli/main.js'), 0o755);
  });
}

/** Everything except libtorch and the addon. A kit (scripts/gpu-kit.mjs) contains it already. */
export async function prepare() {
  checkNode();
  if (existsSync(join(root, 'kit.json'))) return;
  await installPackages();
  await compileTypeScript();
}

/** Everything; `args` are the flags of `googlenet setup`. Ends the program when something is missing or fails. */
export async function bootstrap(args = []) {
  await prepare();
  const status = await run(process.execPath, ['dist/cli/main.js', 'setup', ...args]);
  if (status !== 0) process.exit(status);
}
