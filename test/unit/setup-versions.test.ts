import { isSupportedLibtorch } from '../../src/setup/installed/versions.js';

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
