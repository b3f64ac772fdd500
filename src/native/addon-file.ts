import { existsSync } from 'node:fs';
import { GoogLeNetError } from '../core/errors.js';
import { EXTERNAL, isLost } from '../setup/installed/paths.js';
import { startThreadPool } from './thread-pool.js';

export const SETUP = 'Run `npx googlenet setup`';

/** One of the two addons: where its file is, and what is special about loading it. */
export interface AddonFile<Addon> {
  path(): string;
  /** Said of the path where the file is missing: ` (named by …)`. */
  origin?(): string;
  /** Besides setup, what to do where the file cannot be loaded. */
  advice?: string;
  /** Checked before the library is opened. @throws GoogLeNetError */
  checkFile?(path: string): void;
  /** @param load opens the library. */
  open?(path: string, load: () => unknown): unknown;
  /** Checks, and sets up, what was opened. @throws GoogLeNetError */
  checkAddon?(addon: Addon, path: string): void;
  /** At the end of the process, or of the worker. */
  shutDown(addon: Addon, exitCode: number): void;
}

/**
 * Loads an addon on the first call, and ends it with the process.
 * @throws ADDON_NOT_BUILT, ADDON_LOAD_FAILED; what the checks of the file throw
 */
export function addonLoader<Addon>(file: AddonFile<Addon>): () => Addon {
  let loaded: Addon | undefined;
  return () => {
    loaded ??= load(file);
    return loaded;
  };
}

function load<Addon>(file: AddonFile<Addon>): Addon {
  assertNotLost();
  const path = file.path();
  if (!existsSync(path)) {
    throw new GoogLeNetError(
      'ADDON_NOT_BUILT',
      `The native addon ${path}${file.origin?.() ?? ''} has not been built. ${SETUP}.`,
    );
  }
  file.checkFile?.(path);
  startThreadPool();
  const addon = open(file, path) as Addon;
  file.checkAddon?.(addon, path);
  process.prependOnceListener('exit', (code) => file.shutDown(addon, code));
  return addon;
}

function open<Addon>({ open, advice = '' }: AddonFile<Addon>, path: string): unknown {
  const load = (): unknown => require(path);
  try {
    return open ? open(path, load) : load();
  } catch (cause) {
    const message = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
    throw new GoogLeNetError(
      'ADDON_LOAD_FAILED',
      `Cannot load ${path}: ${message}. ${SETUP} to build it again${advice}.`,
      { cause },
    );
  }
}

/** @throws ADDON_LOAD_FAILED where only a bundle of the package is there. */
function assertNotLost(): void {
  if (!isLost || process.env.GOOGLENET_ADDON) return;
  throw new GoogLeNetError(
    'ADDON_LOAD_FAILED',
    `Cannot find the files of the package from ${__dirname}: its code was bundled without them. ${EXTERNAL}.`,
  );
}
