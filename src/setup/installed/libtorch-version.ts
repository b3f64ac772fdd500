import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LibtorchVersion {
  /** As libtorch calls itself, e.g. `2.13.0+cpu`. */
  version: string;
  /** The CUDA version it was built with, where it says so. */
  cuda: string | null;
}

const HEADERS = ['include/torch/headeronly/version.h', 'include/torch/csrc/api/include/torch/version.h'];

/** Small text files, read at most once a process: not worth a promise, and loading the addon cannot wait for one. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * The version of the libtorch in a folder, without loading it: from `version.py` of a wheel, `build-version` of a plain
 * libtorch, else the headers. Undefined when none of them is there.
 */
export function readLibtorchVersion(dir: string): LibtorchVersion | undefined {
  const module = textOf(join(dir, 'version.py'));
  const wheel = /^__version__ = '([^']+)'/m.exec(module)?.[1];
  if (wheel) return { version: wheel, cuda: /^cuda\b[^=]*= '([^']+)'/m.exec(module)?.[1] ?? null };

  const plain = textOf(join(dir, 'build-version')).trim();
  if (plain !== '') {
    const label = /\+cu(\d+)(\d)$/.exec(plain);
    return { version: plain, cuda: label ? `${label[1]}.${label[2]}` : null };
  }
  for (const header of HEADERS) {
    const text = textOf(join(dir, header));
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`#define TORCH_VERSION_${part} (\\d+)`).exec(text)?.[1],
    );
    if (parts.every((part) => part !== undefined)) return { version: parts.join('.'), cuda: null };
  }
  return undefined;
}
