import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Controller = 'cpu' | 'pids';

interface Hierarchy {
  at: string;
  version: 1 | 2;
}

/** Where control groups of a kind are mounted, if this process may make some. */
function hierarchy(controller: Controller): Hierarchy | undefined {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [, at, type, controllers = ''] = /^(?:\S+ ){4}(\S+) .* - (cgroup2?) \S+ (\S+)/.exec(line) ?? [];
    if (at === undefined) continue;
    const version = type === 'cgroup2' ? 2 : 1;
    if (version === 1 && !controllers.split(',').includes(controller)) continue;
    try {
      if (version === 2) writeFileSync(join(at, 'cgroup.subtree_control'), `+${controller}`);
      const probe = join(at, `googlenet-probe-${process.pid}`);
      mkdirSync(probe);
      rmdirSync(probe);
      return { at, version };
    } catch {
      // Not the one, or not for us.
    }
  }
  return undefined;
}

const found = { cpu: hierarchy('cpu'), pids: hierarchy('pids') };
export const canMakeCgroups = found.cpu !== undefined;
export const canLimitThreads = found.pids !== undefined;

/** A control group with a quota of so many CPUs, and one without inside it, while `use` runs. @param use gets the inner one. */
export async function withCpuQuota(cpus: number, use: (group: string) => Promise<void>): Promise<void> {
  const { at, version } = found.cpu as Hierarchy;
  const outer = join(at, `googlenet-test-${process.pid}`);
  const inner = join(outer, 'inner');
  mkdirSync(outer);
  try {
    if (version === 2) {
      writeFileSync(join(outer, 'cpu.max'), `${cpus * 100_000} 100000`);
    } else {
      writeFileSync(join(outer, 'cpu.cfs_quota_us'), String(cpus * 100_000));
    }
    mkdirSync(inner);
    await use(inner);
  } finally {
    for (const group of [inner, outer]) await removed(group);
  }
}

/** A control group whose `pids.max` says how many threads the processes in it may have, while `use` runs. */
export async function withThreadLimit(use: (group: string) => Promise<void>): Promise<void> {
  const group = join((found.pids as Hierarchy).at, `googlenet-threads-${process.pid}`);
  mkdirSync(group);
  try {
    await use(group);
  } finally {
    await removed(group);
  }
}

/** A group can be removed a moment after its last process has ended. */
async function removed(group: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      await sleep(50);
    }
  }
}
