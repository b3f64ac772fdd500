import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cpuQuota } from '../../src/core/cpu-quota.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder();

/** A machine as files: its mounts, the groups of this process, and quotas by their files. */
function quotaOn(mounts: string[], groups: string[], files: Record<string, string> = {}): number | null {
  const all = {
    '/proc/self/mountinfo': mounts.map((mount, i) => `${30 + i} 23 0:${i} ${mount}\n`).join(''),
    '/proc/self/cgroup': groups.map((group) => `${group}\n`).join(''),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(folder(`.${path}`)), { recursive: true });
    writeFileSync(folder(`.${path}`), text);
  }
  return cpuQuota(folder('.'));
}

const V2 = '/ /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate';
const V1 = '/ /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct';

describe('version 2', () => {
  test('the smallest quota on the way up counts', () => {
    const files = {
      '/sys/fs/cgroup/app/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/app/job/cpu.max': 'max 100000\n',
    };
    expect(quotaOn([V2], ['0::/app/job'], files)).toBe(1.5);
  });

  test('a container sees its own group at the top', () => {
    expect(quotaOn([V2], ['0::/'], { '/sys/fs/cgroup/cpu.max': '200000 100000\n' })).toBe(2);
  });

  test('a mount may be of a part of the hierarchy, with the names of the whole one', () => {
    const mount = '/docker/c0ffee /sys/fs/cgroup ro - cgroup2 cgroup rw';
    const files = {
      '/sys/fs/cgroup/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/inner/cpu.max': '50000 100000\n',
    };
    expect(quotaOn([mount], ['0::/docker/c0ffee/inner'], files)).toBe(0.5);
  });

  test('a process that was moved out of its container has the quota of what it sees', () => {
    expect(quotaOn([V2], ['0::/../other'], { '/sys/fs/cgroup/cpu.max': '100000 100000\n' })).toBe(1);
  });

  test.each(['max 100000\n', '', 'rubbish', '0 0\n'])('%j is no limit', (text) => {
    expect(quotaOn([V2], ['0::/'], { '/sys/fs/cgroup/cpu.max': text })).toBeNull();
  });
});

describe('version 1', () => {
  const quota = (group: string, time: number) => ({
    [`/sys/fs/cgroup/cpu,cpuacct${group}/cpu.cfs_quota_us`]: `${time}\n`,
    [`/sys/fs/cgroup/cpu,cpuacct${group}/cpu.cfs_period_us`]: '100000\n',
  });

  test('the smallest quota on the way up counts, wherever the controller is mounted', () => {
    const files = { ...quota('', -1), ...quota('/app', 300_000), ...quota('/app/job', 400_000) };
    expect(quotaOn([V1], ['5:memory:/else', '4:cpu,cpuacct:/app/job'], files)).toBe(3);
  });

  test('a container that sees the names of the host has the quota of its mount', () => {
    const mount = '/docker/c0ffee /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct';
    expect(quotaOn([mount], ['4:cpu,cpuacct:/docker/c0ffee'], quota('', 250_000))).toBe(2.5);
  });

  test('next to version 2, which then has no quotas, it is the one that counts', () => {
    const mounts = ['/ /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw', V1];
    expect(quotaOn(mounts, ['4:cpu,cpuacct:/app', '0::/app'], quota('/app', 100_000))).toBe(1);
  });

  test('quotas of other controllers are none', () => {
    const mount = '/ /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct';
    expect(quotaOn([mount], ['4:cpuacct:/'])).toBeNull();
  });
});

test('a machine without control groups has no quota', () => {
  expect(quotaOn([], [])).toBeNull();
  expect(cpuQuota(folder('nowhere'))).toBeNull();
});
