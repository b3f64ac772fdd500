import { existsSync } from 'node:fs';
import { engineAddonOf } from '../setup/installed/paths.js';
import type { EngineAddon } from './binding-types.js';

const VARIABLE = 'GOMP_SPINCOUNT';
/**
 * How often a thread looks whether the other threads are done before it sleeps: some hundred microseconds, longer than the pause
 * between two operations. libgomp's own number is 300,000, milliseconds, in which a thread that waits for one that another program has
 * put off its core burns the time that it should give that one. With 3,000 a step alone takes 4 % more, with 20,000 one in bfloat16 next to
 * a busy process keeps 0.30 of its speed, where this keeps 0.40 (`npm run bench:eager`, `npm run bench:busy`).
 */
const SPINS = '8000';

/**
 * Loads libtorch, whose OpenMP reads this setting once, in its first moment. An OMP_WAIT_POLICY or GOMP_SPINCOUNT of the user stays, and
 * child processes inherit nothing.
 */
export function withSpinLimit<T>(addonPath: string, load: () => T): T {
  const path = engineAddonOf(addonPath);
  if (process.env.OMP_WAIT_POLICY || !existsSync(path)) return load();
  const { setEnvironment } = require(path) as EngineAddon;
  const isOurs = setEnvironment(VARIABLE, SPINS);
  try {
    return load();
  } finally {
    if (isOurs) setEnvironment(VARIABLE, undefined);
  }
}
