import { resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { GoogLeNetError } from '../core/errors.js';
import { boolean, readOptions as known, oneOf, string } from '../core/validation.js';
import type { Builder } from './build-record.js';
import { DEFAULT_BUILD_DIR } from './paths.js';
import type { Variant } from './versions.js';

interface Flag {
  type: 'boolean' | 'string';
  /** Placeholder of a value in the help. */
  value?: string;
  description: string;
}

/** The flags of `googlenet setup`, for the command line and for `run.ts` alike. */
export const SETUP_FLAGS = {
  cuda: {
    type: 'boolean',
    description: 'use the CUDA build of libtorch (the default where an NVIDIA driver is found)',
  },
  cpu: { type: 'boolean', description: 'use the CPU build of libtorch' },
  libtorch: {
    type: 'string',
    value: 'dir',
    description: 'use the libtorch in this folder (include/ and lib/)',
  },
  builder: {
    type: 'string',
    value: 'name',
    description: 'cmake-js or node-gyp (default: cmake-js, or node-gyp where CMake is missing)',
  },
  'build-dir': { type: 'string', value: 'dir', description: 'build into this folder (default: build)' },
  python: {
    type: 'string',
    value: 'path',
    description: 'Python to install libtorch with (default: python3)',
  },
  force: { type: 'boolean', description: 'build again even if nothing has changed' },
} as const satisfies Record<string, Flag>;

export interface SetupOptions {
  variant?: Variant | undefined;
  libtorch?: string | undefined;
  builder?: Builder | undefined;
  buildDir: string;
  python?: string | undefined;
  force: boolean;
}

/** For `util.parseArgs`. */
export const parseArgsOptions = (): NonNullable<ParseArgsConfig['options']> =>
  Object.fromEntries(Object.entries(SETUP_FLAGS).map(([name, { type }]) => [name, { type }]));

/**
 * Turns parsed flags, by their names with or without camel case, into options.
 *
 * @throws INVALID_ARGUMENT
 */
export function resolveSetupOptions(flags: unknown): SetupOptions {
  const { 'build-dir': dashed, ...rest } = { ...(flags as Record<string, unknown>) };
  const options = known('setup', dashed === undefined ? rest : { ...rest, buildDir: dashed }, [
    'cuda',
    'cpu',
    'libtorch',
    'builder',
    'buildDir',
    'python',
    'force',
  ]);
  const isSet = (name: 'cuda' | 'cpu' | 'force'): boolean =>
    options[name] !== undefined && boolean(`--${name}`, options[name]);
  const text = (name: 'libtorch' | 'buildDir' | 'python', flag: string): string | undefined =>
    options[name] === undefined ? undefined : string(flag, options[name]);
  if (isSet('cuda') && isSet('cpu')) {
    throw new GoogLeNetError('INVALID_ARGUMENT', 'Give either --cuda or --cpu, not both.');
  }
  const buildDir = text('buildDir', '--build-dir');
  return {
    variant: isSet('cuda') ? 'cuda' : isSet('cpu') ? 'cpu' : undefined,
    libtorch: text('libtorch', '--libtorch'),
    builder:
      options.builder === undefined
        ? undefined
        : oneOf<Builder>('--builder', options.builder, ['cmake-js', 'node-gyp']),
    buildDir: buildDir === undefined ? DEFAULT_BUILD_DIR : resolve(buildDir),
    python: text('python', '--python'),
    force: isSet('force'),
  };
}
