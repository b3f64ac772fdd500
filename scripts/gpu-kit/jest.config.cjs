// The tests of a kit are compiled already.
const { join, resolve } = require('node:path');

const rootDir = resolve(__dirname, '../..');

module.exports = {
  rootDir,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/gpu/**/*.test.js'],
  globalSetup: join(rootDir, 'test/gpu/global-setup.js'),
  transform: {},
  testTimeout: 3 * 60_000,
  maxWorkers: 1,
};
