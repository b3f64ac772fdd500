import { resolve } from 'node:path';
import { Screen } from '../../src/core/terminal.js';
import { resolveSetupOptions } from '../../src/setup/options.js';
import { DEFAULT_BUILD_DIR } from '../../src/setup/paths.js';
import { Steps } from '../../src/setup/steps.js';
import { isSupportedLibtorch } from '../../src/setup/versions.js';
import { errorWith } from '../support/errors.js';
import { RecordingStream } from '../support/host.js';

test('no flags give the defaults', () => {
  expect(resolveSetupOptions({})).toEqual({
    variant: undefined,
    libtorch: undefined,
    builder: undefined,
    buildDir: DEFAULT_BUILD_DIR,
    python: undefined,
    force: false,
  });
});

test('flags are taken under the names of the command line and of JavaScript', () => {
  const expected = { variant: 'cuda', builder: 'node-gyp', buildDir: resolve('x'), force: true };
  const flags = { cuda: true, builder: 'node-gyp', force: true };
  expect(resolveSetupOptions({ ...flags, 'build-dir': 'x' })).toMatchObject(expected);
  expect(resolveSetupOptions({ ...flags, buildDir: 'x' })).toMatchObject(expected);
});

test.each([
  [{ cuda: true, cpu: true }],
  [{ builder: 'make' }],
  [{ libtorch: '' }],
  [{ unknown: true }],
  [{ force: 'yes' }],
])('%j is an invalid argument', (flags) => {
  expect(() => resolveSetupOptions(flags)).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT')));
});

test.each([
  ['2.10.9', false],
  ['2.11.0', true],
  ['2.13.0+cpu', true],
  ['2.14.1+cu130', true],
  ['2.15.0', false],
  ['3.11.0', false],
  ['nonsense', false],
])('libtorch %s is supported: %p', (version, supported) => {
  expect(isSupportedLibtorch(version)).toBe(supported);
});

describe('progress', () => {
  function record(isTTY: boolean): { steps: Steps; text: () => string } {
    const stream = new RecordingStream({ isTTY, columns: 40 });
    return { steps: new Steps(new Screen(stream)), text: () => stream.text };
  }

  test('is one line a step, with its duration, where there is no terminal', async () => {
    const { steps, text } = record(false);
    await steps.step('Building', async (update) => update({ text: 'compiling', done: 1, total: 27 }));
    expect(text()).toMatch(/^✓ Building \(\d+\.\d s\)\n$/);
  });

  test('rewrites the line of the running step on a terminal', async () => {
    const { steps, text } = record(true);
    await steps.step('Building', async (update) => update({ text: 'compiling', done: 1, total: 27 }));
    expect(text()).toContain(
      '\r\x1b[K· Building: compiling ░░░░░░░░░░░░ 1/27\r\x1b[K\x1b[32m✓\x1b[0m Building',
    );
  });

  test('marks a step that fails and lets the error through', async () => {
    const { steps, text } = record(false);
    const failing = steps.step('Building', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(text()).toMatch(/^✗ Building/);
  });
});
