import { join } from 'node:path';
import { GoogLeNetError, isErrorCode } from '../core/errors.js';
import type { NativeCuda, NativeLibtorch } from '../native/binding-types.js';
import { buildAddon, whyBuild } from './build-addon.js';
import { checkTools } from './check-tools.js';
import { type Search, searchLibtorch } from './find-libtorch.js';
import { hasNvidiaDriver, installLibtorch } from './install-libtorch.js';
import { type Builder, readRecord } from './installed/build-record.js';
import { buildOf, describeBuild, type Libtorch } from './installed/inspect-libtorch.js';
import { addonOf } from './installed/paths.js';
import type { LibtorchBuild } from './installed/versions.js';
import { runCommand } from './run-command.js';
import type { Steps } from './steps.js';

const BUILD_NAMES = { cpu: 'CPU build', cuda: 'CUDA build' } as const;

const describeLibtorch = (libtorch: Libtorch): string =>
  `libtorch ${libtorch.version}, ${describeBuild(libtorch)}, in ${libtorch.dir}`;

export interface SetupOptions {
  /** Which libtorch to install, and the only one to take; by default the CUDA build where there is an NVIDIA driver. */
  build?: LibtorchBuild | undefined;
  /** The folder of a libtorch to use. */
  libtorch?: string | undefined;
  builder?: Builder | undefined;
  buildDir: string;
  /** Interpreter that libtorch is installed with. */
  python?: string | undefined;
  /** Builds even what is up to date. */
  force: boolean;
}

/** Throws for a libtorch that was named and cannot be used; notes those that are not used. */
function takeChosen(search: Search, steps: Steps): Libtorch | undefined {
  if (search.error) throw search.error;
  for (const { source, refused } of search.candidates) {
    if (source === 'python' && refused !== null) steps.note(`– not used: ${refused}`);
  }
  return search.chosen?.libtorch;
}

async function install(options: SetupOptions, steps: Steps, signal?: AbortSignal): Promise<Libtorch> {
  const hasDriver = options.build === undefined && (await hasNvidiaDriver());
  const build = options.build ?? (hasDriver ? 'cuda' : 'cpu');
  const why = options.build
    ? ''
    : hasDriver
      ? ', because there is an NVIDIA driver'
      : ', because there is no NVIDIA driver';
  await steps.step(`Installing PyTorch's libtorch (${BUILD_NAMES[build]}${why})`, (onProgress) =>
    installLibtorch({ build, python: options.python, signal, onProgress }),
  );
  const { libtorch, python, build: wanted } = options;
  const search = await searchLibtorch({ libtorch, python, build: wanted, buildDir: options.buildDir });
  if (search.chosen) return search.chosen.libtorch;
  throw new GoogLeNetError('SETUP_FAILED', search.candidates.at(-1)?.refused ?? 'No libtorch was installed.');
}

interface Probe extends NativeLibtorch {
  cuda: NativeCuda;
}

/** Prints the addon's own description as JSON, or the error as `CODE message`. */
const PROBE = `
try {
  const addon = require(process.argv[1]).loadAddon();
  console.log(JSON.stringify({ ...addon.libtorch(), cuda: addon.cuda() }));
} catch (error) {
  console.log(error.code, error.message);
  process.exitCode = 1;
}`;

/** Loads the new addon in its own process, as a program does. */
async function tryAddon(buildDir: string, signal?: AbortSignal): Promise<Probe> {
  const loader = join(__dirname, '..', 'native', 'load.js');
  const env = { ...process.env, GOOGLENET_ADDON: addonOf(buildDir) };
  const { code, stdout, tail } = await runCommand(process.execPath, ['-e', PROBE, loader], { env, signal });
  if (code === 0) return JSON.parse(stdout) as Probe;
  const [, name, message] = /^([A-Z_]+) ([\s\S]*)$/.exec(stdout.trim()) ?? [];
  if (isErrorCode(name)) throw new GoogLeNetError(name, message ?? '');
  throw new GoogLeNetError('ADDON_LOAD_FAILED', `The addon cannot be loaded:\n${tail.join('\n')}`);
}

/**
 * Finds or installs a libtorch and builds the addon for it. Skips what is up to date, so a second run takes a moment.
 *
 * @throws TOOL_MISSING, LIBTORCH_NOT_FOUND, LIBTORCH_UNSUPPORTED, SETUP_FAILED, ADDON_LOAD_FAILED, FILE_ERROR, ABORTED
 */
export async function setUp(options: SetupOptions, steps: Steps, signal?: AbortSignal): Promise<void> {
  const { buildDir, builder: wantedBuilder } = options;
  const { libtorch: wanted, python, build } = options;
  const found = takeChosen(await searchLibtorch({ libtorch: wanted, python, build, buildDir }), steps);
  const stale = async (libtorch: Libtorch): Promise<string | undefined> =>
    options.force ? '--force was given' : whyBuild(buildDir, libtorch, wantedBuilder);

  // Checks all tools before it spends the first minute.
  const reason = found ? await stale(found) : 'there is no libtorch yet';
  const previous = readRecord(buildDir)?.builder;
  const builder = await checkTools({
    python: found ? null : (python ?? 'python3'),
    addon: reason === undefined ? null : { wanted: wantedBuilder, previous },
  });
  if (builder === 'node-gyp' && wantedBuilder === undefined && previous !== builder) {
    steps.note('– CMake is not installed: node-gyp builds the addon, which takes longer');
  }

  const libtorch = found ?? (await install(options, steps, signal));
  steps.note(`✓ ${describeLibtorch(libtorch)}`);
  const why = found ? reason : await stale(libtorch);
  if (why === undefined || builder === undefined) {
    steps.note(`✓ Native addon is up to date: ${addonOf(buildDir)}`);
    return;
  }
  if (readRecord(buildDir)) steps.note(`– Building the addon again: ${why}`);
  await steps.step(`Building the native addon with ${builder}`, (onProgress) =>
    buildAddon({ libtorch, builder, buildDir, signal, onProgress }),
  );
  const { version, cuda } = await tryAddon(buildDir, signal);
  const cudaNote = cuda.available ? `${cuda.devices.length} CUDA device(s)` : `no CUDA: ${cuda.reason}`;
  steps.note(`✓ Native addon loads (libtorch ${version}; ${cudaNote}): ${addonOf(buildDir)}`);
  if (buildOf(libtorch) === 'cuda' && !cuda.loaded) {
    throw new GoogLeNetError('ADDON_LOAD_FAILED', `libtorch is a CUDA build, but ${cuda.reason}.`);
  }
}
