import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const PACKAGE = 'googlenet-libtorch';

function isPackage(folder: string): boolean {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === PACKAGE;
  } catch {
    return false;
  }
}

/** The folder above this file. In a bundle, the folder that the bundle finds under the package's name. */
function findPackageRoot(): string | null {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (isPackage(folder)) return folder;
    if (folder === dirname(folder)) break;
  }
  try {
    return dirname(createRequire(join(__dirname, 'bundle.js')).resolve(`${PACKAGE}/package.json`));
  } catch {
    return null;
  }
}

const found = findPackageRoot();

/** A bundler separated the code of the package from its files: the addon, the pages of the dashboard, the worker threads. */
export const isLost = found === null;

/** The folder of this package: of the clone, or `node_modules/googlenet-libtorch` where it is installed. */
export const PACKAGE_ROOT = found ?? __dirname;

/** The fix where {@link isLost}. */
export const EXTERNAL = `Keep ${PACKAGE} out of the bundle (esbuild: --external:${PACKAGE}; webpack, Rollup and Vite: external) and in node_modules next to it`;

/** The setup installs into this folder. */
export const PRIVATE_FOLDER = join(PACKAGE_ROOT, '.googlenet');

export const DEFAULT_BUILD_DIR = join(PACKAGE_ROOT, 'build');

export const addonOf = (buildDir: string): string => join(buildDir, 'Release', 'googlenet.node');

/** The addon without libtorch, next to the other one. */
export const engineAddonOf = (addon: string): string => join(dirname(addon), 'engine.node');

export const recordOf = (buildDir: string): string => join(buildDir, 'googlenet.json');

/** The `.node` file that is loaded: the one that `GOOGLENET_ADDON` names, else the default build. */
export const addonPath = (env: NodeJS.ProcessEnv = process.env): string =>
  env.GOOGLENET_ADDON ? resolve(env.GOOGLENET_ADDON) : addonOf(DEFAULT_BUILD_DIR);

export const engineAddonPath = (): string => engineAddonOf(addonPath());
