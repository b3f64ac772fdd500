/** Another project, in a temporary folder, that uses the package as its users do. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../support/child.js';

export const PACKAGE = 'googlenet-libtorch';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What would lead the other project's setup, addon or npm back to this one. */
const OURS =
  /^(GOOGLENET_|LIBTORCH|VIRTUAL_ENV$|NODE_PATH$|INIT_CWD$|npm_(?!config_)|npm_config_local_prefix$)/;

function environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  return { ...Object.fromEntries(kept), ...more };
}

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022'],
    strict: true,
    exactOptionalPropertyTypes: true,
    // Our declarations are part of what is checked.
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(PACKAGE_ROOT, 'node_modules/@types')],
  },
};

export class Consumer {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'googlenet-consumer-')));

  /** An empty project, removed after the tests of the file. */
  static create(): Consumer {
    const consumer = new Consumer();
    consumer.write('package.json', JSON.stringify({ name: 'consumer', private: true }));
    consumer.write('tsconfig.json', JSON.stringify(TSCONFIG));
    afterAll(() => rmSync(consumer.dir, { recursive: true, force: true }));
    return consumer;
  }

  path(...names: string[]): string {
    return join(this.dir, ...names);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Puts this very clone where an installed package would be. */
  link(): void {
    mkdirSync(this.path('node_modules'), { recursive: true });
    symlinkSync(PACKAGE_ROOT, this.path('node_modules', PACKAGE));
  }

  run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, {
        cwd: this.dir,
        env: environment(env),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const output = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk) => {
        output.stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        output.stderr += chunk;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...output }));
    });
  }

  node(...args: string[]): Promise<Finished> {
    return this.run(process.execPath, args);
  }

  /** Strict, with the declarations that the package ships. */
  typeCheck(): Promise<Finished> {
    return this.node(join(PACKAGE_ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.');
  }
}
