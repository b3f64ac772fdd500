import { existsSync, readFileSync } from 'node:fs';
import { installedBuild, installLibtorch } from '../../src/setup/install-libtorch.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();
const before = { ...process.env };

beforeEach(() => {
  // A closed port of this machine stands for an index that cannot be reached.
  Object.assign(process.env, { PIP_CONFIG_FILE: '/dev/null', PIP_INDEX_URL: 'http://127.0.0.1:9/simple' });
  delete process.env.PIP_FIND_LINKS;
  delete process.env.PIP_EXTRA_INDEX_URL;
});
afterEach(() => {
  process.env = { ...before };
});

test('an index that cannot be reached fails within seconds and says what else can be done', async () => {
  const begin = Date.now();
  await expect(installLibtorch({ build: 'cpu', folder: path() })).rejects.toMatchObject(
    errorWith('SETUP_FAILED', 'No matching distribution', 'LIBTORCH', 'LIBTORCH_USE_PYTORCH'),
  );
  expect(Date.now() - begin).toBeLessThan(30_000);
  expect(readFileSync(path('install.log'), 'utf8')).toContain('pip install');
  await expect(installedBuild(path())).resolves.toBeUndefined();
}, 60_000);

test('an interrupted installation leaves nothing that looks finished', async () => {
  const controller = new AbortController();
  const installing = installLibtorch({
    build: 'cpu',
    folder: path(),
    signal: controller.signal,
    onProgress: () => setTimeout(() => controller.abort(), 300),
  });
  await expect(installing).rejects.toMatchObject(errorWith('ABORTED'));
  expect(existsSync(path('venv/googlenet.json'))).toBe(false);
  await expect(installedBuild(path())).resolves.toBeUndefined();
}, 60_000);
