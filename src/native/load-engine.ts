import { existsSync } from 'node:fs';
import { GoogLeNetError } from '../core/errors.js';
import { engineAddonPath } from '../setup/paths.js';
import type { EngineAddon } from './binding-types.js';
import { assertNotLost } from './load.js';
import { startThreadPool } from './thread-pool.js';

const SETUP = 'Run `npx googlenet setup`';

let loaded: EngineAddon | undefined;

/**
 * The addon of the engines, which needs no libtorch: beside the one that needs it, and loaded on the first call.
 *
 * @throws ADDON_NOT_BUILT, ADDON_LOAD_FAILED
 */
export function loadEngineAddon(): EngineAddon {
  if (loaded) return loaded;
  assertNotLost();
  const path = engineAddonPath();
  if (!existsSync(path)) {
    throw new GoogLeNetError('ADDON_NOT_BUILT', `The native addon ${path} has not been built. ${SETUP}.`);
  }
  startThreadPool();
  let addon: EngineAddon;
  try {
    addon = require(path) as EngineAddon;
  } catch (cause) {
    const message = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
    throw new GoogLeNetError(
      'ADDON_LOAD_FAILED',
      `Cannot load ${path}: ${message}. ${SETUP} to build it again.`,
      {
        cause,
      },
    );
  }
  process.prependOnceListener('exit', () => addon.shutDown());
  loaded = addon;
  return addon;
}
