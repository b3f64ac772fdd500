import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { PRIVATE_FOLDER } from './installed/paths.js';
import {
  compareVersions,
  type LibtorchBuild,
  MIN_PYTHON,
  majorMinor,
  PIP_CALLS,
} from './installed/versions.js';
import { type Finished, outputOf, runCommand } from './run-command.js';
import type { StepProgress } from './steps.js';
import { python, type Tool, which } from './tools.js';

export interface InstallOptions {
  build: LibtorchBuild;
  /** The interpreter to make the environment with; `python3` on PATH by default. */
  python?: string | undefined;
  /** Folder that receives `venv/`. */
  folder?: string;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: StepProgress) => void;
}

/** Written last, so that an interrupted installation never looks finished. */
interface Stamp {
  /** The arguments of pip, which identify the build. */
  requirements: string;
}

const venvOf = (folder = PRIVATE_FOLDER): string => join(folder, 'venv');
export const venvPython = (folder = PRIVATE_FOLDER): string => join(venvOf(folder), 'bin', 'python');
const stampOf = (folder: string): string => join(venvOf(folder), 'googlenet.json');
const BUILDS: readonly LibtorchBuild[] = ['cpu', 'cuda'];
const requirementsOf = (build: LibtorchBuild): string => PIP_CALLS[build].flat().join('\n');

/** The build of PyTorch that an earlier setup finished installing, or undefined. */
export async function installedBuild(folder = PRIVATE_FOLDER): Promise<LibtorchBuild | undefined> {
  try {
    const stamp = JSON.parse(await readFile(stampOf(folder), 'utf8')) as Partial<Stamp>;
    return BUILDS.find((build) => requirementsOf(build) === stamp.requirements);
  } catch {
    return undefined;
  }
}

/** Whether an NVIDIA driver is loaded: only then the CUDA build is worth its size. */
export async function hasNvidiaDriver(): Promise<boolean> {
  if (existsSync('/proc/driver/nvidia/version')) return true;
  return /GPU \d+/.test((await outputOf('nvidia-smi', ['-L'])) ?? '');
}

export interface PythonProblem {
  missing: Tool[];
  /** Why an existing interpreter cannot be used. */
  refused?: string;
}

/** Why an interpreter cannot create the environment; nothing is missing or refused when it can. */
export async function pythonProblem(path: string): Promise<PythonProblem> {
  const found = await python(path);
  if (found === null) {
    // Where Python is a package, its venv module is another one.
    if (path === 'python3' || (await which(path)) === undefined)
      return { missing: ['python3', 'python3-venv'] };
    return { missing: [], refused: `${path} is not a Python interpreter.` };
  }
  const version = majorMinor(found.version);
  if (!version || compareVersions(version, MIN_PYTHON) < 0) {
    const needed = `PyTorch's packages need ${MIN_PYTHON.join('.')} or newer. Give a newer one with --python.`;
    return { missing: [], refused: `${found.path} is Python ${found.version}, and ${needed}` };
  }
  return { missing: found.hasVenv ? [] : ['python3-venv'] };
}

/** `Downloading torch-2.13.0….whl (188.9 MB)` → `downloading torch-2.13.0 (188.9 MB)`. */
function describe(line: string): string | undefined {
  const match =
    /^\s*(Downloading|Processing|Using cached) (?:\S*\/)?([\w.]+-[\w.]+)[^ ]*(?:.*?(\([^)]*B\)))?/.exec(line);
  if (match) return `${match[1]?.toLowerCase()} ${match[2]}${match[3] ? ` ${match[3]}` : ''}`;
  return line.startsWith('Installing collected packages') ? 'unpacking' : undefined;
}

function installFailed(title: string, { tail }: Finished): GoogLeNetError {
  const shown = tail.slice(-12).map((line) => `  | ${line}`);
  return new GoogLeNetError(
    'SETUP_FAILED',
    [
      `${title} failed. Its last lines:`,
      ...shown,
      'Without a reachable package index, set LIBTORCH to the folder of a libtorch (with include/ and lib/), or LIBTORCH_USE_PYTORCH=1',
      'to use the PyTorch of your own Python environment, and run the setup again.',
    ].join('\n'),
  );
}

/**
 * Creates a Python environment in the private folder and installs PyTorch, which contains libtorch, and the packages of the parity
 * tests with pip. One retry and short timeouts: an index that does not answer costs seconds.
 */
export async function installLibtorch(options: InstallOptions): Promise<void> {
  const { build, python: interpreter = 'python3', folder = PRIVATE_FOLDER, signal, onProgress } = options;
  const venv = venvOf(folder);
  try {
    await rm(venv, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw fromFileError(error, 'write to', folder);
  }
  onProgress?.({ text: 'creating a Python environment' });
  const made = await runCommand(interpreter, ['-m', 'venv', venv], { signal });
  if (made.code !== 0) throw installFailed(`${interpreter} -m venv`, made);

  const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
  const bounds = ['--retries', '1', '--timeout', '15'];
  for (const packages of PIP_CALLS[build]) {
    const installed = await runCommand(venvPython(folder), [...pip, ...bounds, ...packages], {
      signal,
      log: join(folder, 'install.log'),
      logMode: 'a',
      onLine: (line) => {
        const text = describe(line);
        if (text !== undefined) onProgress?.({ text });
      },
    });
    if (installed.code !== 0) throw installFailed('pip install', installed);
  }
  const stamp: Stamp = { requirements: requirementsOf(build) };
  await writeFile(stampOf(folder), `${JSON.stringify(stamp, null, 2)}\n`);
}
