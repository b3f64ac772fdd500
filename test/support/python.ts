/** The Python reference of `scripts/parity`, as a child process that answers one case at a time. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { venvPython } from '../../src/setup/install-libtorch.js';
import { recordOfAddon } from '../../src/setup/installed/build-record.js';
import { addonPath, PACKAGE_ROOT } from '../../src/setup/installed/paths.js';
import { type ReferenceTensors, readReference } from './bits.js';

/**
 * A Python with torch, torchvision and safetensors: GOOGLENET_PYTHON, or the one of the environment that the addon's libtorch came from, or
 * the one that the setup installed.
 */
export async function findPython(): Promise<string> {
  const ofLibtorch = (await recordOfAddon(addonPath()))?.libtorch.python;
  const candidates = process.env.GOOGLENET_PYTHON
    ? [process.env.GOOGLENET_PYTHON]
    : [...(ofLibtorch ? [ofLibtorch] : []), venvPython()];
  const python = candidates.find((path) => existsSync(path));
  if (python !== undefined) return python;
  throw new Error(
    `There is no Python at ${candidates.join(' or ')}. Run \`npm run setup\`, or set GOOGLENET_PYTHON to one with torch, torchvision and safetensors.`,
  );
}

export interface Answer {
  tensors: ReferenceTensors;
  facts: Record<string, unknown>;
}

interface Reply {
  id: number;
  ok: boolean;
  facts?: Record<string, unknown>;
  error?: string;
}

interface Pending {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

export class PythonReference {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exited: Promise<void>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'googlenet-parity-'));
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #failure: Error | undefined;

  constructor(python: string) {
    const script = join(PACKAGE_ROOT, 'scripts/parity/reference.py');
    this.#child = spawn(python, [script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    this.#exited = new Promise((done) => {
      const end = (reason: string) => {
        this.#fail(new Error(`The Python reference ${reason}.`));
        done();
      };
      this.#child.once('error', (error) => end(`could not start: ${error.message}`));
      this.#child.once('close', (code, signal) => end(`ended with ${signal ?? `exit code ${code}`}`));
    });
    // A write to a reference that died is reported by `close`, with the exit code.
    this.#child.stdin.on('error', () => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(line));
  }

  /** A file name in a folder that lives as long as this reference. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  async ask(name: string, options: Record<string, unknown> = {}, threads = 2): Promise<Answer> {
    const id = ++this.#requests;
    const out = this.path(`${id}.safetensors`);
    if (this.#failure !== undefined) throw this.#failure;
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, case: name, threads, out, arguments: options })}\n`);
    });
    if (!reply.ok) throw new Error(`The Python reference failed at ${name}:\n${reply.error}`);
    const tensors = readReference(out);
    rmSync(out);
    return { tensors, facts: reply.facts ?? {} };
  }

  /** Ends the process, amid a case if it must be, and removes its folder. */
  async close(): Promise<void> {
    if (this.#pending.size > 0) this.#child.kill();
    this.#child.stdin.end();
    await this.#exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #receive(line: string): void {
    const reply = JSON.parse(line) as Reply;
    this.#pending.get(reply.id)?.resolve(reply);
    this.#pending.delete(reply.id);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
