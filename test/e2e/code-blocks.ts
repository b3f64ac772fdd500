/**
 * The code blocks of a page of the documentation, run in their order in a project of its own, as a reader would.
 *
 * - `ts`, `js`: type-checked (ts) and run as a module. A fence that says `server` keeps running until the page ends.
 * - `sh`: run line by line by bash; `npx googlenet` is this clone's command.
 * - `json`: must parse.
 * - A fence with `not run: reason` is only type-checked (ts) or left alone.
 *
 * Trainings of 20 epochs, as a reader would want them, have one epoch here, and servers listen on a port that is free in place of 8000.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, linkSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { transformSync } from '@swc/core';
import { PACKAGE_ROOT } from '../support/child.js';
import { Consumer, type Finished } from './consumer.js';

export interface CodeBlock {
  /** Place on the page, from 1. */
  readonly line: number;
  readonly language: string;
  readonly isServer: boolean;
  /** Why it is not run, or null. */
  readonly notRun: string | null;
  readonly code: string;
}

export function codeBlocks(page: string): CodeBlock[] {
  const text = readFileSync(join(PACKAGE_ROOT, page), 'utf8');
  return [...text.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = '', meta = '', code = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    const notRun = /not run: (.+)/.exec(meta)?.[1]?.trim() ?? null;
    const short = code.replace(/(epochs: |--epochs )20\b/g, '$11');
    return { line, language, isServer: /\bserver\b/.test(meta), notRun, code: short };
  });
}

/** A project with the package, `images/`, `cat.jpg` and what else pages speak of. */
export class Page {
  readonly #consumer = Consumer.create();
  #env: NodeJS.ProcessEnv = {};
  #server: ChildProcess | undefined;
  #port = 0;

  /** @param files name in the project → absolute path of what is put there. */
  async furnish(files: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): Promise<void> {
    this.#port = await freePort();
    this.#env = env;
    this.#consumer.link();
    // A page may have readers install it.
    symlinkSync(join(PACKAGE_ROOT, 'node_modules/sharp'), this.#consumer.path('node_modules/sharp'));
    const bin = this.#consumer.path('node_modules/.bin/googlenet');
    mkdirSync(dirname(bin), { recursive: true });
    chmodSync(join(PACKAGE_ROOT, 'dist/cli/main.js'), 0o755);
    symlinkSync(join(PACKAGE_ROOT, 'dist/cli/main.js'), bin);
    for (const [name, from] of files) {
      const to = this.#consumer.path(name);
      mkdirSync(dirname(to), { recursive: true });
      if (from.endsWith('.png') || from.endsWith('.jpg')) cpSync(from, to);
      else linkSync(from, to);
    }
  }

  /** Writes each block into a file of its own; types of all of them are checked at once. */
  async typeCheck(blocks: readonly CodeBlock[]): Promise<Finished> {
    for (const block of blocks) {
      if (block.language === 'ts') this.#consumer.write(nameOf(block, 'mts'), block.code);
    }
    return this.#consumer.typeCheck();
  }

  async run(block: CodeBlock): Promise<Finished> {
    switch (block.language) {
      case 'ts':
      case 'js':
        return this.#runModule(block);
      case 'sh':
        return this.#consumer.run('bash', ['-euo', 'pipefail', '-c', this.#codeOf(block)], this.#env);
      case 'json':
        JSON.parse(block.code);
        return { code: 0, stdout: '', stderr: '' };
      default:
        throw new Error(`Nobody knows how to run ${block.language}: say \`not run: why\` on the fence.`);
    }
  }

  async #runModule(block: CodeBlock): Promise<Finished> {
    const isCommonJs = /\brequire\(/.test(block.code);
    const file = nameOf(block, isCommonJs ? 'cjs' : 'mjs');
    const { code } = transformSync(this.#codeOf(block), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: isCommonJs ? 'commonjs' : 'es6' },
    });
    this.#consumer.write(file, code);
    if (!block.isServer) return this.#consumer.run(process.execPath, [file], this.#env);
    this.#server = spawn(process.execPath, [file], {
      cwd: this.#consumer.dir,
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await untilListening(this.#server, this.#port);
    return { code: 0, stdout: '', stderr: '' };
  }

  #codeOf({ code }: CodeBlock): string {
    return code.replaceAll('8000', String(this.#port));
  }

  /** Ends the page's server as a service manager does. Resolves to its exit code; null if the signal ended it. */
  async close(): Promise<number | null> {
    const server = this.#server;
    if (server === undefined) return null;
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGTERM');
      await new Promise((resolve) => server.once('exit', resolve));
    }
    return server.exitCode;
  }
}

const nameOf = (block: CodeBlock, extension: string) => `line-${block.line}.${extension}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(server: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}.`);
    try {
      await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' });
      return;
    } catch {
      await sleep(100);
    }
  }
}
