// A side of the benchmark: a child process that answers JSON lines.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { start } from './children.mjs';

export class Side {
  #child;
  #lines;

  constructor(file, args) {
    this.#child = start(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    // That it has ended is seen where its answer is read.
    this.#child.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(op, request = {}) {
    this.#child.stdin.write(`${JSON.stringify({ op, ...request })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(await this.#howItEnded(op));
    const reply = JSON.parse(value);
    if (reply.error) throw new Error(reply.error);
    return reply;
  }

  async #howItEnded(op) {
    const { spawnargs, exitCode, signalCode } = this.#child;
    const [code, signal] =
      exitCode === null && signalCode === null ? await once(this.#child, 'exit') : [exitCode, signalCode];
    return `${spawnargs.join(' ')} ended with ${signal ?? code} while it was asked for '${op}'.`;
  }
}

/** What a program prints, which is JSON. */
export async function jsonOf(file, args) {
  const child = start(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const text = (await child.stdout.toArray()).join('');
  if (text === '') throw new Error(`${file} ${args.join(' ')} printed nothing.`);
  return JSON.parse(text);
}

/** Milliseconds from starting a program to its end. */
export function timeProcess(file, args) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = start(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(performance.now() - begin);
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code}.`));
    });
  });
}
