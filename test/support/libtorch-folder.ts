import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface LibtorchFolder {
  /** Contents of `version.py`, e.g. `__version__ = '2.13.0+cpu'`; none for a plain libtorch. */
  versionPy?: string;
  buildVersion?: string;
  cuda?: boolean;
  oldAbi?: boolean;
}

/** Lays out the files by which a libtorch is recognized; nothing in it can be loaded. */
export function makeLibtorchFolder(dir: string, options: LibtorchFolder = {}): string {
  const { versionPy, buildVersion, cuda = false, oldAbi = false } = options;
  const files: Record<string, string> = {
    'include/torch/csrc/api/include/torch/all.h': '',
    'include/torch/headeronly/version.h':
      '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 12\n#define TORCH_VERSION_PATCH 1\n',
    'lib/libtorch_cpu.so': '',
    'lib/libc10.so': oldAbi ? '_ZN3c105ErrorC1ESs' : '_ZN3c105ErrorC1ENSt7__cxx1112basic_stringIcEE',
  };
  if (cuda) files['lib/libtorch_cuda.so'] = '';
  if (versionPy !== undefined) files['version.py'] = versionPy;
  if (buildVersion !== undefined) files['build-version'] = buildVersion;
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

export const wheelVersion = (version: string, cuda?: string): string =>
  `from typing import Optional\n__version__ = '${version}'\ncuda: Optional[str] = ${cuda ? `'${cuda}'` : 'None'}\n`;
