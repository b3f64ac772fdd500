import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GoogLeNetError } from '../../core/errors.js';
import { readLibtorchVersion } from './libtorch-version.js';
import { isSupportedLibtorch, type LibtorchBuild, supportedRange } from './versions.js';

/** A libtorch on disk. */
export interface Libtorch {
  /** Folder with include/ and lib/. */
  dir: string;
  /** As libtorch calls itself, e.g. `2.13.0+cpu`. */
  version: string;
  /** The CUDA version of a CUDA build, e.g. `13.0`; null for a CPU build. */
  cuda: string | null;
  /** `_GLIBCXX_USE_CXX11_ABI`: which of the two string types of libstdc++ its functions take. */
  cxx11Abi: boolean;
  /** The interpreter that imports its PyTorch, if it lies in a Python environment. */
  python: string | null;
}

export const buildOf = (libtorch: Libtorch): LibtorchBuild => (libtorch.cuda === null ? 'cpu' : 'cuda');

/** For messages: `CPU build`, `CUDA 13.0 build`. */
export const describeBuild = ({ cuda }: Pick<Libtorch, 'cuda'>): string =>
  cuda === null ? 'CPU build' : `CUDA ${cuda} build`;

/** `…/lib/python3.11/site-packages/torch` → `…/bin/python`, when there is one. */
function pythonOf(dir: string): string | null {
  const packages = dirname(dir);
  if (basename(dir) !== 'torch' || basename(packages) !== 'site-packages') return null;
  const path = join(packages, '..', '..', '..', 'bin', 'python');
  return existsSync(path) ? path : null;
}

/**
 * Describes the libtorch in a folder.
 *
 * @param where how the folder was named, for the message
 * @throws LIBTORCH_NOT_FOUND when there is none; LIBTORCH_UNSUPPORTED when this package cannot be built for it
 */
export async function inspectLibtorch(folder: string, where: string): Promise<Libtorch> {
  const dir = resolve(folder);
  const missing = [
    'include/torch/csrc/api/include/torch/all.h',
    'lib/libtorch_cpu.so',
    'lib/libc10.so',
  ].filter((file) => !existsSync(join(dir, file)));
  if (missing.length > 0) {
    throw new GoogLeNetError(
      'LIBTORCH_NOT_FOUND',
      `${dir} (${where}) is not a libtorch: ${missing.join(', ')} not found. Give the folder that holds include/ and lib/.`,
    );
  }
  const found = readLibtorchVersion(dir);
  if (!found) {
    throw new GoogLeNetError(
      'LIBTORCH_NOT_FOUND',
      `The libtorch in ${dir} (${where}) does not tell its version.`,
    );
  }
  const { version } = found;
  if (!isSupportedLibtorch(version)) {
    throw new GoogLeNetError(
      'LIBTORCH_UNSUPPORTED',
      `libtorch ${version} in ${dir} (${where}) is outside the supported range, ${supportedRange()}.`,
    );
  }
  const symbols = await readFile(join(dir, 'lib/libc10.so'));
  const cxx11Abi = symbols.includes('NSt7__cxx1112basic_string');
  if (!cxx11Abi) {
    throw new GoogLeNetError(
      'LIBTORCH_UNSUPPORTED',
      `libtorch ${version} in ${dir} (${where}) is built with libstdc++'s old ABI; take one built with _GLIBCXX_USE_CXX11_ABI=1.`,
    );
  }
  const isCuda = existsSync(join(dir, 'lib/libtorch_cuda.so'));
  const cuda = isCuda ? (found.cuda ?? 'unknown') : null;
  return { dir, version, cuda, cxx11Abi, python: pythonOf(dir) };
}
