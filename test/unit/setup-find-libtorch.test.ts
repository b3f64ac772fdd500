import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { searchLibtorch } from '../../src/setup/find-libtorch.js';
import { inspectLibtorch } from '../../src/setup/installed/inspect-libtorch.js';
import { errorWith } from '../support/errors.js';
import { makeLibtorchFolder, wheelVersion } from '../support/libtorch-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();
const PYTHON = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

/** A search that sees nothing but what the test gives it. */
const search = (options: Parameters<typeof searchLibtorch>[0] = {}) =>
  searchLibtorch({ buildDir: path('build'), privateFolder: path('private'), env: {}, ...options });

/** An interpreter in an environment folder whose torch package is the given libtorch. */
function makeEnvironment(name: string, versionPy: string): string {
  const packages = path(name, 'packages');
  makeLibtorchFolder(join(packages, 'torch'), { versionPy });
  mkdirSync(path(name, 'bin'), { recursive: true });
  writeFileSync(path(name, 'bin/python'), `#!/bin/sh\nPYTHONPATH=${packages} exec ${PYTHON} "$@"\n`, {
    mode: 0o755,
  });
  return path(name);
}

describe('what a folder holds', () => {
  test('a wheel tells its version and its CUDA version', async () => {
    const cpu = makeLibtorchFolder(path('cpu'), { versionPy: wheelVersion('2.13.0+cpu') });
    const cuda = makeLibtorchFolder(path('cuda'), {
      versionPy: wheelVersion('2.14.1+cu130', '13.0'),
      cuda: true,
    });
    await expect(inspectLibtorch(cpu, 'here')).resolves.toEqual({
      dir: cpu,
      version: '2.13.0+cpu',
      cuda: null,
      cxx11Abi: true,
      python: null,
    });
    await expect(inspectLibtorch(cuda, 'here')).resolves.toMatchObject({
      version: '2.14.1+cu130',
      cuda: '13.0',
    });
  });

  test('a plain libtorch tells its version in build-version, or else in its headers', async () => {
    const plain = makeLibtorchFolder(path('plain'), { buildVersion: '2.11.0+cu126\n', cuda: true });
    const bare = makeLibtorchFolder(path('bare'));
    await expect(inspectLibtorch(plain, 'here')).resolves.toMatchObject({
      version: '2.11.0+cu126',
      cuda: '12.6',
    });
    await expect(inspectLibtorch(bare, 'here')).resolves.toMatchObject({ version: '2.12.1', cuda: null });
  });

  test('a torch package inside an environment knows its interpreter', async () => {
    const torch = makeLibtorchFolder(path('env/lib/python3.11/site-packages/torch'));
    mkdirSync(path('env/bin'));
    symlinkSync(PYTHON, path('env/bin/python'));
    await expect(inspectLibtorch(torch, 'here')).resolves.toMatchObject({ python: path('env/bin/python') });
  });

  test.each(['2.10.2', '2.15.0', '1.13.1', '3.0.0'])(
    'libtorch %s is refused as unsupported',
    async (version) => {
      const dir = makeLibtorchFolder(path('torch'), { versionPy: wheelVersion(version) });
      await expect(inspectLibtorch(dir, 'here')).rejects.toMatchObject(
        errorWith('LIBTORCH_UNSUPPORTED', version, '2.11 to 2.14'),
      );
    },
  );

  test('a libtorch with the old ABI is refused', async () => {
    const dir = makeLibtorchFolder(path('torch'), { oldAbi: true });
    await expect(inspectLibtorch(dir, 'here')).rejects.toMatchObject(
      errorWith('LIBTORCH_UNSUPPORTED', 'ABI'),
    );
  });

  test('a folder without libtorch is refused by naming the files it lacks', async () => {
    await expect(inspectLibtorch(path(), 'LIBTORCH')).rejects.toMatchObject(
      errorWith('LIBTORCH_NOT_FOUND', path(), 'LIBTORCH', 'libtorch_cpu.so'),
    );
  });
});

describe('the order of the search', () => {
  test('an explicit option goes before LIBTORCH, which goes before a Python environment', async () => {
    const libtorch = makeLibtorchFolder(path('option'));
    const LIBTORCH = makeLibtorchFolder(path('variable'));
    const VIRTUAL_ENV = makeEnvironment('env', wheelVersion('2.13.0+cpu'));
    const first = await search({ libtorch, env: { LIBTORCH, VIRTUAL_ENV } });
    const second = await search({ env: { LIBTORCH, VIRTUAL_ENV } });
    const third = await search({ env: { VIRTUAL_ENV } });
    expect(first.chosen).toMatchObject({ source: 'option', libtorch: { dir: libtorch } });
    expect(second.chosen).toMatchObject({ source: 'LIBTORCH', libtorch: { dir: LIBTORCH } });
    expect(third.chosen).toMatchObject({
      source: 'python',
      libtorch: { dir: path('env/packages/torch'), version: '2.13.0+cpu' },
    });
  });

  test.each([
    ['--libtorch', { libtorch: '/nowhere', env: {} }],
    ['LIBTORCH', { env: { LIBTORCH: '/nowhere' } }],
  ])('a wrong %s is an error and nothing else is taken instead', async (_, options) => {
    const VIRTUAL_ENV = makeEnvironment('env', wheelVersion('2.13.0+cpu'));
    const { chosen, error } = await search({ ...options, env: { VIRTUAL_ENV, ...options.env } });
    expect(chosen).toBeNull();
    expect(error).toMatchObject(errorWith('LIBTORCH_NOT_FOUND', '/nowhere'));
  });

  test('LIBTORCH_USE_PYTORCH without a PyTorch is an error', async () => {
    mkdirSync(path('env/bin'), { recursive: true });
    writeFileSync(path('env/bin/python'), `#!/bin/sh\nexec ${PYTHON} -S -I "$@"\n`, { mode: 0o755 });
    const { error } = await search({ env: { LIBTORCH_USE_PYTORCH: '1', VIRTUAL_ENV: path('env') } });
    expect(error).toMatchObject(errorWith('LIBTORCH_NOT_FOUND', 'LIBTORCH_USE_PYTORCH'));
  });

  test('an active environment that does not fit is passed over with the reason', async () => {
    const VIRTUAL_ENV = makeEnvironment('env', wheelVersion('2.9.0'));
    const { chosen, error, candidates } = await search({ env: { VIRTUAL_ENV } });
    expect(chosen).toBeNull();
    expect(error).toBeNull();
    expect(candidates[0]).toMatchObject({ source: 'python', refused: expect.stringContaining('2.9.0') });
  });

  test('the libtorch of the last build is found again without its option', async () => {
    const dir = makeLibtorchFolder(path('torch'));
    mkdirSync(path('build'));
    const record = { libtorch: { dir }, builder: 'cmake-js', sourcesHash: '' };
    writeFileSync(path('build/googlenet.json'), JSON.stringify(record));
    const { chosen } = await search();
    expect(chosen).toMatchObject({ source: 'previous', libtorch: { dir } });
  });

  test('an installation that was not finished does not count', async () => {
    const environment = makeEnvironment('private/venv', wheelVersion('2.13.0+cpu'));
    const { chosen, candidates } = await search();
    expect(environment).toBe(path('private/venv'));
    expect(chosen).toBeNull();
    expect(candidates.map(({ source }) => source)).toEqual(['private']);
  });

  test('a CPU build is refused where --cuda was asked for', async () => {
    const libtorch = makeLibtorchFolder(path('torch'));
    const { error } = await search({ libtorch, build: 'cuda' });
    expect(error).toMatchObject(errorWith('LIBTORCH_UNSUPPORTED', 'CPU build', '--cuda'));
  });
});
