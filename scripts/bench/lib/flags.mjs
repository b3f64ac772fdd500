// The command line of a benchmark.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../../lib/bootstrap.mjs';
import { counts, readFlags, refuse } from '../../lib/flags.mjs';

/**
 * Reads the flags that all benchmarks share. Ends the program after --help and for a wrong flag.
 * @param name file in .googlenet for the raw figures.
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
