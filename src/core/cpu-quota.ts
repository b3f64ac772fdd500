/** How much of the machine's CPU time this process may use: the one answer for engines, libtorch's threads, decoding and the doctor. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';

interface Mount {
  /** The control group that is mounted, as the kernel sees it from this process. */
  root: string;
  at: string;
  /** `cgroup` or `cgroup2`. */
  type: string;
  controllers: string[];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** proc_pid_mountinfo(5): `36 35 98:0 /root /mount/point options optional… - type source controllers`. */
function mountsIn(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [mount = '', filesystem = ''] = line.split(' - ');
    const [, , , root, at] = mount.split(' ');
    const [type, , options = ''] = filesystem.split(' ');
    if (root === undefined || at === undefined || !/^cgroup2?$/.test(type ?? '')) return [];
    return [{ root, at, type: type as string, controllers: options.split(',') }];
  });
}

/** The group of this process in a hierarchy, from cgroups(7): `id:controllers:path`, where version 2 has id 0 and no controllers. */
function groupIn(cgroups: string, mount: Mount): string | undefined {
  for (const line of cgroups.split('\n')) {
    const [, id, controllers = '', path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    const isVersion2 = id === '0' && controllers === '';
    if (mount.type === 'cgroup2' ? isVersion2 : controllers.split(',').includes('cpu')) return path;
  }
  return undefined;
}

/** Folders of the group and those above it, as far as they are mounted. */
function foldersOf(mount: Mount, group: string): string[] {
  const path = relative(mount.root, group);
  // A container that shares the host's names of groups sees its own group at the mount point.
  const parts = path === '' || path.startsWith('..') ? [] : path.split('/');
  return Array.from({ length: parts.length + 1 }, (_, depth) => join(mount.at, ...parts.slice(0, depth)));
}

/** CPUs' worth of time: `max 100000` and `-1` are no limit. */
function quotaOf(folder: string, { type }: Mount): number {
  const [quota, period] =
    type === 'cgroup2'
      ? textOf(join(folder, 'cpu.max')).trim().split(' ')
      : ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => textOf(join(folder, name)).trim());
  const cpus = Number(quota || Number.NaN) / Number(period || Number.NaN);
  return cpus > 0 ? cpus : Number.POSITIVE_INFINITY;
}

/**
 * The smallest quota of this process's control group and all groups above it, in CPUs (1.5: one and a half CPUs' worth of time), under
 * control groups of version 2 and 1, mounted wherever they are; null without a limit.
 * @param root where `/proc` and the mounts are; for tests.
 */
export function cpuQuota(root = '/'): number | null {
  const cgroups = textOf(join(root, 'proc/self/cgroup'));
  const quotas = mountsIn(textOf(join(root, 'proc/self/mountinfo'))).flatMap((mount) => {
    if (mount.type === 'cgroup' && !mount.controllers.includes('cpu')) return [];
    const group = groupIn(cgroups, mount);
    if (group === undefined) return [];
    return foldersOf(mount, group).map((folder) => quotaOf(join(root, folder), mount));
  });
  const least = Math.min(...quotas);
  return Number.isFinite(least) ? least : null;
}

let usable: number | undefined;

/**
 * Threads that can run at once, under the quota and the affinity of this process; at least 1. A part of a CPU counts as one: one and a
 * half CPUs' worth of time are two threads that rest a quarter of it. Looked up once a process.
 */
export function usableCpus(): number {
  usable ??= Math.max(1, Math.min(availableParallelism(), Math.ceil(cpuQuota() ?? Number.POSITIVE_INFINITY)));
  return usable;
}
