import { join, sep } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { installedBuild, venvPython } from './install-libtorch.js';
import { readRecord } from './installed/build-record.js';
import { buildOf, describeBuild, inspectLibtorch, type Libtorch } from './installed/inspect-libtorch.js';
import { DEFAULT_BUILD_DIR, PRIVATE_FOLDER } from './installed/paths.js';
import type { LibtorchBuild } from './installed/versions.js';
import { outputOf } from './run-command.js';
import { which } from './tools.js';

/**
 * Where a libtorch can come from, in the order of the search:
 *
 * 1. `option`: the folder given to the setup. Wrong is an error.
 * 2. `LIBTORCH`: the folder named by that environment variable. Wrong is an error.
 * 3. `python`: the PyTorch of a Python environment. With `LIBTORCH_USE_PYTORCH=1` that of the active one (`VIRTUAL_ENV`) or of
 *    `python3`, and wrong is an error. Without it that of an active `VIRTUAL_ENV` still counts where it fits, since whoever
 *    activates an environment means it; where it doesn't fit, the search says so and goes on.
 * 4. `previous`: what the addon in the build folder was built for, so that an option need not be given again.
 * 5. `private`: what the setup installed in the package's private folder.
 */
export type LibtorchSource = 'option' | 'LIBTORCH' | 'python' | 'previous' | 'private';

export interface Candidate {
  source: LibtorchSource;
  /** How it was named, or where the search looked. */
  where: string;
  libtorch: Libtorch | null;
  /** Why it is not used; null for the one that is. */
  refused: string | null;
}

export interface Search {
  /** In the order of the search, up to the chosen one. */
  candidates: Candidate[];
  chosen: { source: LibtorchSource; libtorch: Libtorch } | null;
  /** Set when a libtorch was named explicitly and cannot be used; the search does not choose another one then. */
  error: GoogLeNetError | null;
}

export interface FindOptions {
  libtorch?: string | undefined;
  /** Interpreter for `LIBTORCH_USE_PYTORCH`. */
  python?: string | undefined;
  /** Take only this build. */
  build?: LibtorchBuild | undefined;
  buildDir?: string;
  privateFolder?: string;
  env?: NodeJS.ProcessEnv;
}

interface SearchLocation {
  source: LibtorchSource;
  where: string;
  explicit: boolean;
  /** The folder to inspect; undefined when there is no PyTorch in this location. */
  folder: () => Promise<string | undefined>;
}

const TORCH_FOLDER = `
import importlib.util as u
s = u.find_spec('torch')
print(s.submodule_search_locations[0] if s else '')`;

/** The folder of an interpreter's torch package, without importing it. */
async function torchOf(python: string): Promise<string | undefined> {
  const path = await which(python);
  return (path && (await outputOf(path, ['-c', TORCH_FOLDER]))) || undefined;
}

function locations(options: FindOptions): SearchLocation[] {
  const { env = process.env, buildDir = DEFAULT_BUILD_DIR, privateFolder = PRIVATE_FOLDER } = options;
  const { libtorch } = options;
  const found: SearchLocation[] = [];
  if (libtorch !== undefined) {
    found.push({ source: 'option', where: '--libtorch', explicit: true, folder: async () => libtorch });
  }
  const { LIBTORCH, VIRTUAL_ENV } = env;
  if (LIBTORCH) {
    found.push({ source: 'LIBTORCH', where: 'LIBTORCH', explicit: true, folder: async () => LIBTORCH });
  }
  const usePyTorch = /^(1|true|yes|on)$/i.test(env.LIBTORCH_USE_PYTORCH ?? '');
  if (usePyTorch || VIRTUAL_ENV) {
    const active = VIRTUAL_ENV ? join(VIRTUAL_ENV, 'bin', 'python') : 'python3';
    const python = usePyTorch ? (options.python ?? active) : active;
    found.push({
      source: 'python',
      where: `the environment of ${python} (${usePyTorch ? 'LIBTORCH_USE_PYTORCH' : 'VIRTUAL_ENV'})`,
      explicit: usePyTorch,
      folder: () => torchOf(python),
    });
  }
  const previous = readRecord(buildDir)?.libtorch.dir;
  // The private folder is checked on its own, because an installation there may be incomplete.
  if (previous !== undefined && !previous.startsWith(privateFolder + sep)) {
    const where = `the last build in ${buildDir}`;
    found.push({ source: 'previous', where, explicit: false, folder: async () => previous });
  }
  found.push({
    source: 'private',
    where: `the private folder ${privateFolder}`,
    explicit: false,
    folder: async () => (await installedBuild(privateFolder)) && (await torchOf(venvPython(privateFolder))),
  });
  return found;
}

async function inspectLocation(
  location: SearchLocation,
  build: LibtorchBuild | undefined,
): Promise<Libtorch> {
  const folder = await location.folder();
  if (folder === undefined) {
    throw new GoogLeNetError('LIBTORCH_NOT_FOUND', `There is no PyTorch in ${location.where}.`);
  }
  const libtorch = await inspectLibtorch(folder, location.where);
  if (build !== undefined && buildOf(libtorch) !== build) {
    throw new GoogLeNetError(
      'LIBTORCH_UNSUPPORTED',
      `libtorch ${libtorch.version} in ${libtorch.dir} (${location.where}) is a ${describeBuild(libtorch)}, and --${build} was asked for.`,
    );
  }
  return libtorch;
}

/** Searches all locations. Never throws for a libtorch that does not fit: the result has the reason. */
export async function searchLibtorch(options: FindOptions = {}): Promise<Search> {
  const candidates: Candidate[] = [];
  for (const location of locations(options)) {
    const { source, where } = location;
    try {
      const libtorch = await inspectLocation(location, options.build);
      candidates.push({ source, where, libtorch, refused: null });
      return { candidates, chosen: { source, libtorch }, error: null };
    } catch (error) {
      if (!(error instanceof GoogLeNetError)) throw error;
      candidates.push({ source, where, libtorch: null, refused: error.message });
      if (location.explicit) return { candidates, chosen: null, error };
    }
  }
  return { candidates, chosen: null, error: null };
}
