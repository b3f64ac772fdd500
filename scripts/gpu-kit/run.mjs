// What `run.sh` of a kit runs on the machine with the GPU: setup, the tests of the device, the benchmark. What each step found is
// written as soon as it ends, so that a run that is cut short has told what it knows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { root } from '../lib/bootstrap.mjs';
import { readFlags } from '../lib/flags.mjs';
import { summaryOf } from './summary.mjs';

const HELP = `./run.sh [options]

Builds the addon for the PyTorch of this machine, runs the tests that need a CUDA device, then times forward and training step on it
and compares with Python PyTorch. Needs no network. Ends with the line "N passed, N failed, N skipped"; without a CUDA device the tests skip
themselves and nothing is timed.

  --python P      a Python with a CUDA build of PyTorch 2.11 to 2.14 (default: that of VIRTUAL_ENV, else python3)
  --results DIR   where summary.md, results.json and logs go (default: the folder that OUT names, else results/)
  --tests-only    leave the benchmark out
  --cpu           time on the CPU, and briefly: to try the kit where there is no GPU
`;

const MINUTE = 60_000;
const python3 = process.env.VIRTUAL_ENV ? join(process.env.VIRTUAL_ENV, 'bin/python') : 'python3';
const flags = readFlags(HELP, { python: python3, results: undefined, 'tests-only': false, cpu: false });
const folder = resolve(flags.results ?? process.env.OUT ?? join(root, 'results'));
const environment = {
  ...process.env,
  // Later steps use what the setup chose.
  LIBTORCH_USE_PYTORCH: undefined,
  VIRTUAL_ENV: undefined,
  LIBTORCH: undefined,
  GOOGLENET_ADDON: undefined,
  GOOGLENET_PYTHON: process.env.GOOGLENET_PYTHON ?? flags.python,
};

const results = {
  kit: JSON.parse(readFileSync(join(root, 'kit.json'), 'utf8')),
  machine: {
    cpu: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  },
  steps: [],
};

function write() {
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(folder, 'summary.md'), summaryOf(results));
}

/** Runs a program, shows what it prints and keeps that in a log. @returns whether it ended well, and what it printed. */
async function step(name, file, args, limitMs, more = {}) {
  console.log(`\n· ${name}`);
  const begin = Date.now();
  const log = createWriteStream(join(folder, `${name}.log`));
  const child = spawn(file, args, {
    cwd: root,
    env: { ...environment, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      log.write(text);
      process.stdout.write(text);
    });
  }
  const [status, signal] = await once(child, 'close').catch((error) => {
    output += `${error.message}\n`;
    return [1, null];
  });
  log.end();
  const seconds = Number(((Date.now() - begin) / 1000).toFixed(1));
  const ok = status === 0;
  const why = ok ? '' : signal ? `ended by ${signal} after ${seconds} s` : `ended with status ${status}`;
  results.steps.push({ name, ok, why, seconds });
  console.log(`${ok ? '✓' : '✗'} ${name} (${seconds} s)${why && `: ${why}`}`);
  write();
  return { ok, output };
}

const node = (name, args, minutes, more) => step(name, process.execPath, args, minutes * MINUTE, more);

/** What the driver says; kept as it is. */
async function askDriver() {
  const query = ['--query-gpu=name,driver_version,memory.total,compute_cap', '--format=csv'];
  const child = spawn('nvidia-smi', query, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  await once(child, 'close').catch(() => undefined);
  return output.trim().split('\n').slice(1);
}

/** Runs the jest project and takes over what it counted. */
async function runTests() {
  const file = join(folder, 'tests.json');
  rmSync(file, { force: true });
  const config = ['--config', 'scripts/gpu-kit/jest.config.cjs', '--verbose', '--json', '--outputFile', file];
  await node('tests', ['node_modules/jest/bin/jest.js', ...config], 5);
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, testResults } =
      JSON.parse(readFileSync(file, 'utf8'));
    const failures = testResults.flatMap(({ assertionResults, message, status }) =>
      status === 'failed' && assertionResults.length === 0
        ? [{ title: 'a file of tests', message }]
        : assertionResults
            .filter((one) => one.status === 'failed')
            .map(({ fullName, failureMessages }) => ({
              title: fullName,
              message: failureMessages.join('\n'),
            })),
    );
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    results.tests = { passed: numPassedTests, failed, skipped: numPendingTests, failures };
  } catch {
    const message = 'jest wrote no results; see tests.log.';
    results.tests = {
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [{ title: 'the run of the tests', message }],
    };
  }
  write();
}

async function time(device, name, args) {
  const output = join(folder, `${name}.jsonl`);
  const { ok, output: printed } = await node(
    name,
    ['scripts/bench/eager.mjs', '--device', device, '--output', output, ...args],
    device === 'cpu' ? 15 : 3,
  );
  results.benchmarks = [...(results.benchmarks ?? []), { name, ok, printed }];
  write();
}

async function run() {
  mkdirSync(folder, { recursive: true });
  process.env.PATH = [join(root, 'node/bin'), process.env.PATH].join(delimiter);
  results.machine.gpus = await askDriver();
  const setup = await node('setup', ['dist/cli/main.js', 'setup', '--python', flags.python], 8, {
    LIBTORCH_USE_PYTORCH: '1',
  });
  if (!setup.ok) return;
  Object.assign(results.machine, createRequire(import.meta.url)(root).libtorch());
  await runTests();
  if (flags['tests-only']) return;
  if (flags.cpu) return time('cpu', 'benchmark', ['--repeat', '0.02']);
  if (!results.machine.cuda.available) {
    console.log(`\nNothing is timed: ${results.machine.cuda.reason}.`);
    return;
  }
  await time('cuda', 'benchmark', []);
  await time('cuda', 'benchmark-channels-last', ['--channels-last']);
}

await run();
write();
const { passed = 0, failed = 1, skipped = 0 } = results.tests ?? {};
// A step that failed is a failure besides those that jest counted.
const others = results.steps.filter(({ name, ok }) => !ok && name !== 'tests').length;
const all = results.tests ? failed + others : Math.max(1, others);
console.log(`\nThe results are in ${folder}: summary.md, results.json and logs.`);
console.log(`${passed} passed, ${all} failed, ${skipped} skipped`);
process.exitCode = all > 0 ? 1 : 0;
