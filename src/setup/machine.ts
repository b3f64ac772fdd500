import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { cpuQuota, usableCpus } from '../core/cpu-quota.js';

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

export function describeCpu(): Cpu {
  return {
    model: cpus()[0]?.model.trim() || 'unknown',
    logicalCores: cpus().length,
    quotaCores: cpuQuota(),
    usableThreads: usableCpus(),
    memoryBytes: totalmem(),
  };
}

export async function instructionSets(path = '/proc/cpuinfo'): Promise<InstructionSets> {
  const flags = /^flags\s*:(.*)$/m.exec(await textOf(path))?.[1]?.split(' ') ?? [];
  const found = INSTRUCTION_SETS.map((name) => [name, flags.includes(name)] as const);
  return Object.fromEntries(found) as InstructionSets;
}
