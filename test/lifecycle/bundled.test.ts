/** A bundler takes the package's code away from its other files; here by a copy of the code alone. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { PACKAGE_ROOT, runChild } from '../support/child';
import { temporaryFolder } from '../support/temporary-folder';

const at = temporaryFolder();

/** What the code says from where it is: the number of classes of a model, or the error of making one. */
const program = `
  const bundle = require(process.env.BUNDLE);
  try {
    console.log(new bundle.GoogLeNet({ numClasses: 3 }).numClasses);
  } catch (error) {
    console.log(error.code, error.message);
  }`;

const run = (env: Record<string, string> = {}) =>
  runChild(program, { env: { BUNDLE: at('app/out/index.js'), ...env } });

beforeEach(() => {
  mkdirSync(at('app'));
  cpSync(`${PACKAGE_ROOT}/dist`, at('app/out'), {
    recursive: true,
    filter: (path) => path !== `${PACKAGE_ROOT}/dist/cli`,
  });
});

test('a bundle with no package above it can be imported, and says what to keep out of it', async () => {
  expect(await run()).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ADDON_LOAD_FAILED .*--external:googlenet-libtorch/),
  });
});

test('the package.json of the program around it is not taken for that of the package', async () => {
  writeFileSync(at('app/package.json'), '{ "name": "app" }');
  expect((await run()).stdout).toContain('--external:googlenet-libtorch');
});

test('a bundle next to the installed package works', async () => {
  writeFileSync(at('app/package.json'), '{ "name": "app" }');
  mkdirSync(at('app/node_modules'));
  symlinkSync(PACKAGE_ROOT, at('app/node_modules/googlenet-libtorch'));
  expect(await run()).toMatchObject({ code: 0, stdout: '3\n' });
});

test('a bundle works with the addon that GOOGLENET_ADDON names', async () => {
  const addon = `${PACKAGE_ROOT}/build/Release/googlenet.node`;
  expect(await run({ GOOGLENET_ADDON: addon })).toMatchObject({ code: 0, stdout: '3\n' });
});
