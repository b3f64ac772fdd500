// The command line of a benchmark.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../bootstrap.mjs';

const COMMON = {
  threads: { type: 'string', default: String(availableParallelism()) },
  repeat: { type: 'string', default: '1' },
  device: { type: 'string', default: 'cpu' },
  help: { type: 'boolean', short: 'h', default: false },
};

function end(message) {
  console.error(`${message} See --help.`);
  process.exit(2);
}

/**
 * Reads what all benchmarks are told alike; ends the program after --help and where a flag is wrong.
 * @param name of the file in .googlenet that the raw figures go to.
 * @param own further flags, as for `parseArgs`.
 */
export function readFlags(help, name, own = {}) {
  const output = { type: 'string', default: join(root, '.googlenet', name) };
  let values;
  try {
    ({ values } = parseArgs({ options: { ...COMMON, output, ...own } }));
  } catch (error) {
    end(`${error.message}.`);
  }
  if (values.help) {
    console.log(help);
    process.exit(0);
  }
  const threads = Number(values.threads);
  const repeat = Number(values.repeat);
  if (!Number.isInteger(threads) || threads < 1) end('--threads takes a number from 1 on.');
  if (!(repeat > 0 && repeat < Infinity)) end('--repeat takes a number above 0.');
  return { ...values, threads, repeat, times: (runs) => Math.max(1, Math.round(runs * repeat)) };
}
