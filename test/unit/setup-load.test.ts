import { mkdirSync, writeFileSync } from 'node:fs';
import { errorWith } from '../support/errors.js';
import { makeLibtorchFolder, wheelVersion } from '../support/libtorch-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();
const before = process.env.GOOGLENET_ADDON;

beforeEach(() => {
  process.env.GOOGLENET_ADDON = path('build/Release/googlenet.node');
  mkdirSync(path('build/Release'), { recursive: true });
});
afterEach(() => {
  if (before === undefined) delete process.env.GOOGLENET_ADDON;
  else process.env.GOOGLENET_ADDON = before;
});

/** The error of a first load, in a module registry of its own. */
function loadError(): unknown {
  let error: unknown;
  jest.isolateModules(() => {
    try {
      (require('../../src/native/load.js') as typeof import('../../src/native/load.js')).loadAddon();
    } catch (caught) {
      error = caught;
    }
  });
  return error;
}

function makeBuild(dir: string, version: string): void {
  const record = { libtorch: { dir, version }, builder: 'cmake-js', sourcesHash: '' };
  writeFileSync(path('build/googlenet.json'), JSON.stringify(record));
  writeFileSync(path('build/Release/googlenet.node'), 'no library');
}

test('an addon that is not there is reported as not built, with the command that builds it', () => {
  expect(loadError()).toMatchObject(errorWith('ADDON_NOT_BUILT', 'GOOGLENET_ADDON', 'npx googlenet setup'));
});

test('a file that is no library is reported with the words of the loader', () => {
  writeFileSync(path('build/Release/googlenet.node'), 'no library');
  expect(loadError()).toMatchObject(errorWith('ADDON_LOAD_FAILED', 'googlenet.node', 'npx googlenet doctor'));
});

test('a libtorch that has gone since the build is named', () => {
  makeBuild(path('gone'), '2.13.0+cpu');
  expect(loadError()).toMatchObject(errorWith('ADDON_LOAD_FAILED', '2.13.0+cpu', path('gone')));
});

test('another libtorch in the place of the one built for is refused before it is opened', () => {
  const dir = makeLibtorchFolder(path('torch'), { versionPy: wheelVersion('2.14.1+cpu') });
  makeBuild(dir, '2.13.0+cpu');
  expect(loadError()).toMatchObject(errorWith('LIBTORCH_UNSUPPORTED', '2.13.0+cpu', '2.14.1+cpu'));
});
