import { engineAddonPath } from '../setup/installed/paths.js';
import { addonLoader } from './addon-file.js';
import type { EngineAddon } from './binding-types.js';

/**
 * The addon of the engines, which needs no libtorch; it lies next to the one that does. Loaded on the first call.
 * @throws ADDON_NOT_BUILT, ADDON_LOAD_FAILED
 */
export const loadEngineAddon = addonLoader<EngineAddon>({
  path: engineAddonPath,
  shutDown: (addon) => addon.shutDown(),
});
