import { resolve } from 'node:path';
import { setupOptions } from '../../src/cli/setup/command.js';
import { DEFAULT_BUILD_DIR } from '../../src/setup/installed/paths.js';
import { runCommandLine } from '../support/host.js';

const NO_FLAGS = {
  ...{ cuda: false, cpu: false, libtorch: null, builder: null, buildDir: null, python: null },
  force: false,
};

test('no flags give the defaults', () => {
  expect(setupOptions(NO_FLAGS)).toEqual({
    build: undefined,
    libtorch: undefined,
    builder: undefined,
    buildDir: DEFAULT_BUILD_DIR,
    python: undefined,
    force: false,
  });
});

test('flags become options, a folder as an absolute path', () => {
  const flags = { ...NO_FLAGS, cuda: true, builder: 'node-gyp', buildDir: 'x', force: true } as const;
  const expected = { build: 'cuda', builder: 'node-gyp', buildDir: resolve('x'), force: true };
  expect(setupOptions(flags)).toMatchObject(expected);
});

test.each([[['--cuda', '--cpu']], [['--builder', 'make']], [['--libtorch', '']], [['--build-dir', '']]])(
  'setup %j is wrong usage',
  async (flags) => {
    const { code, stderr } = await runCommandLine('setup', ...flags);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^INVALID_ARGUMENT: /) });
  },
);

test('an unknown flag of setup is wrong usage', async () => {
  expect(await runCommandLine('setup', '--unknown')).toMatchObject({ code: 2, stdout: '' });
});
