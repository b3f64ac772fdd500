import { isMainThread } from 'node:worker_threads';
import { usableCpus } from '../core/cpu-quota.js';
import { GoogLeNetError } from '../core/errors.js';
import { type BuildRecord, recordOfAddon } from '../setup/installed/build-record.js';
import { readLibtorchVersion } from '../setup/installed/libtorch-version.js';
import { addonPath } from '../setup/installed/paths.js';
import { isSupportedLibtorch, majorMinor, supportedRange } from '../setup/installed/versions.js';
import { addonLoader, SETUP } from './addon-file.js';
import type { NativeAddon } from './binding-types.js';
import { withSpinLimit } from './spin-limit.js';

/** Of the end of a process for a device that hangs. On the CPU threads end within a layer. */
const LONGEST_WAIT_MS = 10_000;

/** Checked before the library is opened: with another libtorch in its place it might crash rather than fail. */
function checkFolder(path: string, { libtorch }: BuildRecord): void {
  const found = readLibtorchVersion(libtorch.dir);
  if (!found) {
    throw new GoogLeNetError(
      'ADDON_LOAD_FAILED',
      `Cannot load ${path}: the libtorch ${libtorch.version} that it was built for is gone from ${libtorch.dir}. ${SETUP}.`,
    );
  }
  if (found.version !== libtorch.version) {
    throw new GoogLeNetError(
      'LIBTORCH_UNSUPPORTED',
      `${path} was built for libtorch ${libtorch.version}, but ${libtorch.dir} holds ${found.version} now. ${SETUP} to build it again.`,
    );
  }
}

/** What was really loaded: a library path in the environment can put another libtorch before the one built for. */
function checkVersions(path: string, addon: NativeAddon): void {
  const { version, compiledVersion } = addon.libtorch();
  if (majorMinor(version)?.join() !== majorMinor(compiledVersion)?.join()) {
    throw new GoogLeNetError(
      'LIBTORCH_UNSUPPORTED',
      `${path} was built for libtorch ${compiledVersion}, but ${version} was loaded. ${SETUP}, and look at LD_LIBRARY_PATH.`,
    );
  }
  if (!isSupportedLibtorch(version)) {
    throw new GoogLeNetError(
      'LIBTORCH_UNSUPPORTED',
      `${path} runs on libtorch ${version}, which is outside the supported range, ${supportedRange()}. ${SETUP}.`,
    );
  }
}

/**
 * The native addon, loaded on the first call: the file that `GOOGLENET_ADDON` names, else the one that setup built.
 * @throws ADDON_NOT_BUILT, ADDON_LOAD_FAILED, or LIBTORCH_UNSUPPORTED when it meets another libtorch than it was built for
 */
export const loadAddon = addonLoader<NativeAddon>({
  path: addonPath,
  origin: () => (process.env.GOOGLENET_ADDON ? ' (named by GOOGLENET_ADDON)' : ''),
  advice: ', or `npx googlenet doctor` to see what is wrong',
  checkFile: (path) => {
    const record = recordOfAddon(path);
    if (record) checkFolder(path, record);
  },
  open: withSpinLimit,
  checkAddon: (addon, path) => {
    if (typeof (addon as Partial<NativeAddon>).libtorch !== 'function') {
      throw new GoogLeNetError('ADDON_LOAD_FAILED', `${path} is not the addon of this package.`);
    }
    checkVersions(path, addon);
    if (!process.env.OMP_NUM_THREADS) addon.limitDefaultThreads({ limit: usableCpus() });
  },
  // In a worker the process goes on, and what hangs is left behind.
  shutDown: (addon, code) =>
    addon.shutDown({ withinMs: LONGEST_WAIT_MS, exitCode: isMainThread ? code : null }),
});
