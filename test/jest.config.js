const { existsSync } = require('node:fs');
const { join, resolve } = require('node:path');

const rootDir = resolve(__dirname, '..');

/** The projects, in the order a failure should be read; `sequencer.js` runs them so. */
const MINUTE_MS = 60_000;
const timeouts = {
  unit: MINUTE_MS / 6,
  contract: MINUTE_MS,
  parity: 10 * MINUTE_MS,
  lifecycle: 10 * MINUTE_MS,
  e2e: 10 * MINUTE_MS,
  gpu: 10 * MINUTE_MS,
};

const transform = {
  '\\.ts$': [
    '@swc/jest',
    {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
      sourceMaps: 'inline',
    },
  ],
};

/** A project's own global-setup.ts and global-teardown.ts, where it has them. */
const hooks = (name) => {
  const files = { globalSetup: 'global-setup.ts', globalTeardown: 'global-teardown.ts' };
  const found = Object.entries(files).filter(([, file]) => existsSync(join(__dirname, name, file)));
  return Object.fromEntries(found.map(([option, file]) => [option, join(__dirname, name, file)]));
};

const project = ([name, testTimeout]) => ({
  displayName: name,
  rootDir,
  ...hooks(name),
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testTimeout,
  transform,
  // Our imports end in `.js`, as Node resolves them after compilation; the sources are `.ts`.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['js', 'ts', 'json', 'node'],
  modulePathIgnorePatterns: [
    '<rootDir>/dist/',
    '<rootDir>/build/',
    '<rootDir>/.googlenet/',
    '<rootDir>/runs/',
  ],
});

module.exports = {
  rootDir,
  projects: Object.entries(timeouts).map(project),
  // The compute threads of one test file are enough for the machine.
  maxWorkers: 1,
  testSequencer: '<rootDir>/test/sequencer.js',
};
