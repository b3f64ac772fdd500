import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

function findPackageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The folder of this package: of the clone, or `node_modules/googlenet-libtorch` where it is installed. */
export const PACKAGE_ROOT = findPackageRoot();

/** What the set-up installs stays in here. */
export const PRIVATE_FOLDER = join(PACKAGE_ROOT, '.googlenet');

export const DEFAULT_BUILD_DIR = join(PACKAGE_ROOT, 'build');

export const addonOf = (buildDir: string): string => join(buildDir, 'Release', 'googlenet.node');

/** The addon without libtorch, beside the other. */
export const engineAddonOf = (addon: string): string => join(dirname(addon), 'engine.node');

export const recordOf = (buildDir: string): string => join(buildDir, 'googlenet.json');

/** The `.node` file that is loaded: the one that `GOOGLENET_ADDON` names, else the default build. */
export const addonPath = (env: NodeJS.ProcessEnv = process.env): string =>
  env.GOOGLENET_ADDON ? resolve(env.GOOGLENET_ADDON) : addonOf(DEFAULT_BUILD_DIR);

export const engineAddonPath = (): string => engineAddonOf(addonPath());
