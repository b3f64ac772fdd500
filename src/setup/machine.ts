import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Cpu {
  model: string;
  logicalCores: number;
  /** CPUs' worth of time that the control group may use, e.g. 1.5; null without a limit. */
  quotaCores: number | null;
  /** Threads that can run at once under affinity and quota. */
  usableThreads: number;
  memoryBytes: number;
}

/** Extensions that libtorch's kernels and those of this package care about. */
const INSTRUCTION_SETS = ['avx2', 'avx512f', 'avx512_bf16', 'avx512_vnni', 'amx_bf16', 'amx_int8'] as const;
export type InstructionSets = Record<(typeof INSTRUCTION_SETS)[number], boolean>;

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** The smallest quota of this process's control group and the groups above it, under control groups version 2 or 1. */
export async function cgroupQuota(
  root = '/sys/fs/cgroup',
  self = '/proc/self/cgroup',
): Promise<number | null> {
  const groups = (await textOf(self)).split('\n').map((line) => line.split(':'));
  const unified = groups.find(([id, controllers]) => id === '0' && controllers === '')?.[2] ?? '/';
  const quotas: number[] = [];
  const parts = unified.split('/').filter((part) => part !== '' && part !== '..');
  for (let depth = 0; depth <= parts.length; depth++) {
    const [quota, period] = (await textOf(join(root, ...parts.slice(0, depth), 'cpu.max'))).trim().split(' ');
    quotas.push(Number(quota) / Number(period));
  }
  const v1 = async (name: string): Promise<number> =>
    Number((await textOf(join(root, 'cpu', name))) || Number.NaN);
  quotas.push((await v1('cpu.cfs_quota_us')) / (await v1('cpu.cfs_period_us')));
  const limits = quotas.filter((cores) => Number.isFinite(cores) && cores > 0);
  return limits.length > 0 ? Math.min(...limits) : null;
}

export async function describeCpu(): Promise<Cpu> {
  const quotaCores = await cgroupQuota();
  const parallel = availableParallelism();
  return {
    model: cpus()[0]?.model.trim() || 'unknown',
    logicalCores: cpus().length,
    quotaCores,
    usableThreads: quotaCores === null ? parallel : Math.max(1, Math.min(parallel, Math.ceil(quotaCores))),
    memoryBytes: totalmem(),
  };
}

export async function instructionSets(path = '/proc/cpuinfo'): Promise<InstructionSets> {
  const flags = /^flags\s*:(.*)$/m.exec(await textOf(path))?.[1]?.split(' ') ?? [];
  const found = INSTRUCTION_SETS.map((name) => [name, flags.includes(name)] as const);
  return Object.fromEntries(found) as InstructionSets;
}
