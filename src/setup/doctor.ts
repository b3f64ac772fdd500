import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ErrorCode, GoogLeNetError } from '../core/errors.js';
import type { NativeAddon, NativeCuda } from '../native/binding-types.js';
import { loadAddon } from '../native/load.js';
import { whyBuild } from './build-addon.js';
import { checkTools } from './check-tools.js';
import { type Candidate, type LibtorchSource, type Search, searchLibtorch } from './find-libtorch.js';
import { type Builder, type BuildRecord, recordOfAddon } from './installed/build-record.js';
import type { Libtorch } from './installed/inspect-libtorch.js';
import { addonPath, DEFAULT_BUILD_DIR, PACKAGE_ROOT } from './installed/paths.js';
import { compareVersions, MIN_NODE, majorMinor } from './installed/versions.js';
import { type Cpu, describeCpu, type InstructionSets, instructionSets } from './machine.js';
import { compiler, type Program, type Python, program, python } from './tools.js';

export interface Problem {
  /** The package does not work until this is fixed; otherwise it is a remark. */
  needed: boolean;
  code: ErrorCode;
  message: string;
  fix: string;
}

/**
 * What `googlenet doctor --json` prints. Fields are added, never renamed or removed, within a major version.
 */
export interface DoctorReport {
  /** No problem is `needed`. */
  healthy: boolean;
  package: { version: string; root: string };
  node: { version: string; supported: boolean };
  /** The build tools; null for a program that is not installed. */
  tools: { compiler: Program | null; cmake: Program | null; make: Program | null; python: Python | null };
  /** The libtorch that the setup would use; null when it would have to install one. */
  libtorch: (Libtorch & { source: LibtorchSource; supported: true }) | null;
  /** All candidates in the order of the search, with the reason why one is not used. */
  candidates: Candidate[];
  addon: {
    path: string;
    exists: boolean;
    builder: Builder | null;
    /** The libtorch it was built for. */
    builtFor: { dir: string; version: string; cuda: string | null } | null;
    loads: boolean;
    /** Version of the loaded libtorch, and of the headers that the addon was compiled with. */
    version: string | null;
    compiledVersion: string | null;
    /** Why the setup would build it again; null when it is up to date or unknown. */
    outdated: string | null;
    error: { code: ErrorCode; message: string } | null;
  };
  devices: {
    cpu: Cpu;
    /** null when the addon does not load. */
    cuda: NativeCuda | null;
  };
  threads: {
    /** Threads of a model unless `setNumThreads` is called; null when the addon does not load. */
    default: number | null;
    /** Threads that affinity and the quota of the control group allow. */
    usable: number;
    /** `OMP_NUM_THREADS`, which sets the default. */
    ompNumThreads: string | null;
  };
  /** Those of the CPU, and the one that libtorch's kernels use, e.g. `AVX512`. */
  instructionSets: InstructionSets & { libtorch: string | null };
  problems: Problem[];
}

/** The command that builds the addon in a folder. */
const setupFix = (buildDir: string): string =>
  `Run \`npx googlenet setup${buildDir === DEFAULT_BUILD_DIR ? '' : ` --build-dir ${buildDir}`}\`.`;

function asProblem(error: unknown, needed: boolean, fix: string): Problem {
  if (!(error instanceof GoogLeNetError)) throw error;
  return { needed, code: error.code, message: error.message, fix };
}

async function failure(work: () => unknown): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

interface Loaded {
  addon?: NativeAddon;
  error?: unknown;
}

function tryLoad(): Loaded {
  try {
    return { addon: loadAddon() };
  } catch (error) {
    return { error };
  }
}

function isSupportedNode(): boolean {
  const version = majorMinor(process.versions.node);
  return version !== undefined && compareVersions(version, MIN_NODE) >= 0;
}

/** Problems of the addon, and of its build when it has to be built. */
async function addonProblems(
  search: Search,
  loaded: Loaded,
  fix: string,
  record?: BuildRecord,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const isBroken = loaded.addon === undefined;
  if (search.error) {
    problems.push(asProblem(search.error, isBroken, 'Correct or unset the variable that names it.'));
  }
  if (!isBroken) return problems;
  problems.push(asProblem(loaded.error, true, fix));
  const mayInstall = !search.chosen && !search.error;
  const addon = { previous: record?.builder };
  const error = await failure(() => checkTools({ python: mayInstall ? 'python3' : null, addon }));
  if (error) {
    const other = mayInstall ? ' A libtorch of your own, named by LIBTORCH, needs no Python.' : '';
    const what = 'Install what is missing, then run `npx googlenet setup`.';
    problems.push(asProblem(error, true, `${what}${other}`));
  }
  return problems;
}

function remarks(report: Omit<DoctorReport, 'problems' | 'healthy'>, fix: string): Problem[] {
  const found: Problem[] = [];
  const { node, addon, threads } = report;
  if (!node.supported) {
    const message = `Node.js ${node.version} is older than ${MIN_NODE.join('.')}.`;
    found.push({ needed: true, code: 'TOOL_MISSING', message, fix: 'Install a newer Node.js.' });
  }
  if (addon.loads && addon.outdated !== null) {
    const message = `The addon is out of date: ${addon.outdated}.`;
    found.push({ needed: false, code: 'ADDON_NOT_BUILT', message, fix });
  }
  if (threads.default !== null && threads.default > threads.usable) {
    found.push({
      needed: false,
      code: 'INVALID_ARGUMENT',
      message: `Models compute with ${threads.default} threads, but this process may only use ${threads.usable}: they will wait for each other.`,
      fix: `Set OMP_NUM_THREADS=${threads.usable} or call setNumThreads(${threads.usable}).`,
    });
  }
  return found;
}

/**
 * Checks everything the package depends on. Loads the addon, and with a CUDA build of libtorch its CUDA library too. Installs and
 * changes nothing.
 */
export async function diagnose(): Promise<DoctorReport> {
  const path = addonPath();
  const buildDir = dirname(dirname(path));
  const record = recordOfAddon(path);
  const loaded = tryLoad();
  const { addon } = loaded;
  const search = await searchLibtorch({ buildDir });
  const { chosen } = search;
  const cpu = describeCpu();
  const versions = addon?.libtorch();
  const manifest = JSON.parse(await readFile(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  const error = loaded.error instanceof GoogLeNetError ? loaded.error : undefined;

  const found: Omit<DoctorReport, 'problems' | 'healthy'> = {
    package: { version: manifest.version, root: PACKAGE_ROOT },
    node: { version: process.versions.node, supported: isSupportedNode() },
    tools: {
      compiler: await compiler(),
      cmake: await program('cmake'),
      make: (await program('make')) ?? (await program('ninja')),
      python: await python('python3'),
    },
    libtorch: chosen && { ...chosen.libtorch, source: chosen.source, supported: true },
    candidates: search.candidates,
    addon: {
      path,
      exists: existsSync(path),
      builder: record?.builder ?? null,
      builtFor: record
        ? { dir: record.libtorch.dir, version: record.libtorch.version, cuda: record.libtorch.cuda }
        : null,
      loads: addon !== undefined,
      version: versions?.version ?? null,
      compiledVersion: versions?.compiledVersion ?? null,
      outdated: (record && chosen && (await whyBuild(buildDir, chosen.libtorch))) ?? null,
      error: error ? { code: error.code, message: error.message } : null,
    },
    devices: { cpu, cuda: addon?.cuda() ?? null },
    threads: {
      default: addon?.numThreads() ?? null,
      usable: cpu.usableThreads,
      ompNumThreads: process.env.OMP_NUM_THREADS ?? null,
    },
    instructionSets: { ...(await instructionSets()), libtorch: versions?.cpuCapability ?? null },
  };
  const fix = setupFix(buildDir);
  const problems = [...(await addonProblems(search, loaded, fix, record)), ...remarks(found, fix)];
  return { healthy: !problems.some(({ needed }) => needed), ...found, problems };
}
