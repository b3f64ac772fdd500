// The command line of a benchmark.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../../lib/bootstrap.mjs';
import { counts, readFlags, refuse } from '../../lib/flags.mjs';

/**
 * Reads what all benchmarks are told alike; ends the program after --help and where a flag is wrong.
 * @param name of the file in .googlenet that the raw figures go to.
 * @param own further flags, as for `readFlags`.
 */
export function readBenchFlags(help, name, own = {}) {
  const common = { threads: String(availableParallelism()), repeat: '1', device: 'cpu' };
  const flags = readFlags(help, { ...common, output: join(root, '.googlenet', name), ...own });
  const [threads] = counts(flags, 'threads');
  const repeat = Number(flags.repeat);
  if (!(repeat > 0 && repeat < Infinity)) refuse('--repeat takes a number above 0.');
  return { ...flags, threads, repeat, times: (runs) => Math.max(1, Math.round(runs * repeat)) };
}
