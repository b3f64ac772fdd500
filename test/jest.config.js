const { existsSync } = require('node:fs');
const { join, resolve } = require('node:path');

const rootDir = resolve(__dirname, '..');

// What is printed depends on these, and tests read it: here and in the processes that they start.
for (const name of ['FORCE_COLOR', 'NO_COLOR']) delete process.env[name];
process.env.TERM = 'xterm';

/** The projects, in the order a failure should be read; `sequencer.js` runs them so. */
const projects = ['unit', 'contract', 'parity', 'lifecycle', 'e2e', 'gpu'];

const swc = (syntax) => [
  '@swc/jest',
  {
    jsc: { parser: { syntax }, target: 'es2022' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];
// What is compiled imports the code of a command dynamically, which jest's own modules cannot.
const transform = { '\\.ts$': swc('typescript'), '/dist/.*\\.js$': swc('ecmascript') };

/** A project's own global-setup.ts and global-teardown.ts, where it has them. */
const hooks = (name) => {
  const files = { globalSetup: 'global-setup.ts', globalTeardown: 'global-teardown.ts' };
  const found = Object.entries(files).filter(([, file]) => existsSync(join(__dirname, name, file)));
  return Object.fromEntries(found.map(([option, file]) => [option, join(__dirname, name, file)]));
};

/**
 * Files of `npm test` are `*.test.ts`, those of `npm run test:long` are `*.long.test.ts`: what takes minutes and is rarely what a change
 * breaks. Without GOOGLENET_SUITE, as when jest is run by hand, both are found.
 */
const suites = {
  fast: { match: '**/*.test.ts', ignore: ['\\.long\\.test\\.ts$'] },
  long: { match: '**/*.long.test.ts', ignore: [] },
  all: { match: '**/*.test.ts', ignore: [] },
};
const suite = suites[process.env.GOOGLENET_SUITE ?? 'all'];

const project = (name) => ({
  displayName: name,
  rootDir,
  ...hooks(name),
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/${suite.match}`],
  testPathIgnorePatterns: ['/node_modules/', ...suite.ignore],
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
  projects: projects.map(project),
  // Training and whole processes take minutes on a busy machine. Jest reads this here only, not in a project.
  testTimeout: 10 * 60_000,
  // The compute threads of one test file are enough for the machine.
  maxWorkers: 1,
  testSequencer: '<rootDir>/test/sequencer.js',
};
