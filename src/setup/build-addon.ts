import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { usableCpus } from '../core/cpu-quota.js';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { type Builder, type BuildRecord, readRecord } from './installed/build-record.js';
import type { Libtorch } from './installed/inspect-libtorch.js';
import { addonOf, engineAddonOf, PACKAGE_ROOT, recordOf } from './installed/paths.js';
import { type RunOptions, runCommand } from './run-command.js';
import type { StepProgress } from './steps.js';
import { compiler, pathWithNode, type Tool, which } from './tools.js';

export interface BuildOptions {
  libtorch: Libtorch;
  builder: Builder;
  buildDir: string;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: StepProgress) => void;
}

const NATIVE = join(PACKAGE_ROOT, 'native');
/** The lists of sources of each addon. */
const LISTS = ['sources.txt', join('infer', 'sources.txt')];
/** node-gyp always builds here. Removed afterwards, because native/ is part of the published package. */
const GYP_OUTPUT = join(NATIVE, 'build');

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(GYP_OUTPUT))
    .sort();
}

/** SHA-256 of all sources and build files of the addons. */
async function hashSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [join(PACKAGE_ROOT, 'CMakeLists.txt'), ...(await filesUnder(NATIVE))]) {
    hash.update(`${relative(PACKAGE_ROOT, path)}\0`).update(await readFile(path));
  }
  return hash.digest('hex');
}

/** Why the addons in a build folder must be built (again); undefined when they are up to date. */
export async function whyBuild(
  buildDir: string,
  libtorch: Libtorch,
  builder?: Builder,
): Promise<string | undefined> {
  const record = readRecord(buildDir);
  if (!record || !addonsOf(buildDir).every(existsSync)) return 'it has not been built yet';
  if (record.libtorch.dir !== libtorch.dir || record.libtorch.version !== libtorch.version) {
    return `it was built for libtorch ${record.libtorch.version} in ${record.libtorch.dir}`;
  }
  if (builder !== undefined && record.builder !== builder) return `it was built by ${record.builder}`;
  return record.sourcesHash === (await hashSources()) ? undefined : 'the native sources have changed';
}

export interface BuilderChoice {
  builder: Builder;
  /** Tools that it needs and this machine lacks. */
  missing: Tool[];
}

/** The builder to use: the wanted one, else that of the last build, else cmake-js; without CMake, node-gyp. */
export async function chooseBuilder(wanted?: Builder, previous?: Builder): Promise<BuilderChoice> {
  const has = async (program: string): Promise<boolean> => (await which(program)) !== undefined;
  const hasCmake = await has('cmake');
  const builder = wanted ?? (hasCmake && previous !== 'node-gyp' ? 'cmake-js' : 'node-gyp');
  const missing: Tool[] = [];
  if ((await compiler()) === null) missing.push('compiler');
  if (builder === 'cmake-js' && !hasCmake) missing.push('cmake');
  const hasMake = await has('make');
  if (!hasMake && (builder === 'node-gyp' || !(await has('ninja')))) missing.push('make');
  if (builder === 'node-gyp' && !(await has('python3'))) missing.push('python3');
  // A user who has to install something anyway gets the faster builder.
  if (missing.length > 0 && wanted === undefined && !hasCmake) missing.push('cmake');
  return { builder, missing };
}

/** A script of a dependency: next to us or hoisted above us, it is run by this Node and needs nothing on PATH. */
function scriptOf(dependency: string, script: string): string {
  return join(dirname(require.resolve(`${dependency}/package.json`)), 'bin', script);
}

/** The headers that came with this Node, so that node-gyp does not download them. */
function nodeHeaders(): string[] {
  const prefix = dirname(dirname(process.execPath));
  const known = process.env.npm_config_nodedir !== undefined;
  return !known && existsSync(join(prefix, 'include/node/common.gypi')) ? [`--nodedir=${prefix}`] : [];
}

/** Each compiler takes over a gigabyte for libtorch's headers. */
const jobs = (): number => Math.max(1, Math.min(usableCpus(), Math.floor(totalmem() / 2 ** 31)));

async function commandsOf({ builder, libtorch, buildDir }: BuildOptions): Promise<string[][]> {
  if (builder === 'node-gyp') {
    const gyp = [scriptOf('node-gyp', 'node-gyp.js'), '--directory', NATIVE, ...nodeHeaders()];
    return [[...gyp, 'rebuild', `--jobs=${jobs()}`, '--', `-Dlibtorch_dir=${libtorch.dir}`]];
  }
  const cmakeJs = [scriptOf('cmake-js', 'cmake-js'), '--directory', PACKAGE_ROOT, '--out', buildDir];
  const configure = [...cmakeJs, 'configure', `--CDLIBTORCH_DIR=${libtorch.dir}`];
  return [configure, [...cmakeJs, 'build', '--parallel', String(jobs())]];
}

/** Counts compiled files in the output of make, ninja and gyp alike. */
function compileCounter(total: number, onProgress: (progress: StepProgress) => void): (line: string) => void {
  let compiled = 0;
  return (line) => {
    if (!/Building CXX object|^ *CXX\(target\)/.test(line)) return;
    compiled += 1;
    onProgress({ text: 'compiling', done: Math.min(compiled, total), total });
  };
}

async function numberOfSources(): Promise<number> {
  const lists = await Promise.all(LISTS.map((list) => readFile(join(NATIVE, list), 'utf8')));
  return lists.flatMap((list) => list.split('\n')).filter((line) => /^native\/.*\.cpp$/.test(line)).length;
}

/** Both addons of a build: the one with libtorch and the one without. */
const addonsOf = (buildDir: string): string[] => [addonOf(buildDir), engineAddonOf(addonOf(buildDir))];

/** CMake refuses a cache that was written for another folder. */
async function dropForeignCache(buildDir: string): Promise<void> {
  const cache = join(buildDir, 'CMakeCache.txt');
  const text = await readFile(cache, 'utf8').catch(() => undefined);
  if (text === undefined || text.includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${PACKAGE_ROOT}\n`)) return;
  await rm(cache);
  await rm(join(buildDir, 'CMakeFiles'), { recursive: true, force: true });
}

function buildFailed(log: string, tail: readonly string[]): GoogLeNetError {
  const shown = tail.map((line) => `  | ${line}`).join('\n');
  return new GoogLeNetError('SETUP_FAILED', `The build failed. The end of ${log}:\n${shown}`);
}

/**
 * Builds both addons into `<buildDir>/Release` and writes the record next to it. The compilers' output goes to
 * `<buildDir>/build.log`.
 *
 * @throws SETUP_FAILED with the last lines of the log
 */
export async function buildAddon(options: BuildOptions): Promise<void> {
  const { builder, buildDir, libtorch, signal, onProgress = () => undefined } = options;
  const sourcesHash = await hashSources();
  const log = join(buildDir, 'build.log');
  try {
    await mkdir(dirname(addonOf(buildDir)), { recursive: true });
    await rm(recordOf(buildDir), { force: true });
    await dropForeignCache(buildDir);
  } catch (error) {
    throw fromFileError(error, 'write to', buildDir);
  }
  const run: RunOptions = {
    cwd: PACKAGE_ROOT,
    env: { ...process.env, PATH: pathWithNode() },
    signal,
    log,
    onLine: compileCounter(await numberOfSources(), onProgress),
  };
  try {
    for (const [index, args] of (await commandsOf(options)).entries()) {
      const { code, tail } = await runCommand(process.execPath, args, {
        ...run,
        logMode: index === 0 ? 'w' : 'a',
      });
      if (code !== 0) throw buildFailed(log, tail);
    }
    if (builder === 'node-gyp') {
      for (const addon of addonsOf(buildDir)) {
        await copyFile(join(GYP_OUTPUT, 'Release', basename(addon)), addon);
      }
    }
  } finally {
    if (builder === 'node-gyp') await rm(GYP_OUTPUT, { recursive: true, force: true });
  }
  const record: BuildRecord = { libtorch, builder, sourcesHash };
  await writeFile(recordOf(buildDir), `${JSON.stringify(record, null, 2)}\n`);
}
