import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Libtorch } from './inspect-libtorch.js';
import { recordOf } from './paths.js';

export type Builder = 'cmake-js' | 'node-gyp';

/** How and for which libtorch an addon was built; stored next to it. */
export interface BuildRecord {
  libtorch: Libtorch;
  builder: Builder;
  /** SHA-256 of the native sources and build files. */
  sourcesHash: string;
}

export function readRecord(buildDir: string): BuildRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordOf(buildDir), 'utf8')) as Partial<BuildRecord>;
    const { libtorch, builder, sourcesHash } = record;
    if (typeof libtorch?.dir !== 'string' || builder === undefined || sourcesHash === undefined)
      return undefined;
    return { libtorch, builder, sourcesHash };
  } catch {
    return undefined;
  }
}

/** The record of the addon at `path` (`<build folder>/Release/googlenet.node`). */
export function recordOfAddon(path: string): BuildRecord | undefined {
  return existsSync(path) ? readRecord(dirname(dirname(path))) : undefined;
}
