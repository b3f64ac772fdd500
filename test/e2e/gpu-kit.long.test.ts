/** The kit for machines with a GPU: packed, unpacked elsewhere, built and run there without a network. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { libtorch } from '../../src/index.js';
import { recordOfAddon } from '../../src/setup/installed/build-record.js';
import { addonPath } from '../../src/setup/installed/paths.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { testWhere } from '../support/skip.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** The addon is compiled: minutes on two cores. */
const TIMEOUT_MS = 45 * 60_000;

const folder = temporaryFolder();

/** Whether this process may start another one that sees no network. */
function canLeaveNetwork(): boolean {
  try {
    execFileSync('unshare', ['-rn', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const python = recordOfAddon(addonPath())?.libtorch.python ?? undefined;
const why = python ? 'a process without a network cannot be had here' : 'libtorch is not that of a Python';

async function run(file: string, args: string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(file, args, { cwd: folder('.'), env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, stdout };
}

testWhere(python !== undefined && canLeaveNetwork(), why)(
  'a kit of at most 50 MB builds the addon, runs the tests of the device and the benchmark, without a network',
  async () => {
    const kit = folder('kit.tar.xz');
    const packed = await run(process.execPath, [join(PACKAGE_ROOT, 'scripts/gpu-kit.mjs'), '--output', kit]);
    expect(packed.code).toBe(0);
    expect(statSync(kit).size).toBeLessThan(50e6);

    mkdirSync(folder('elsewhere'));
    execFileSync('tar', ['-xf', kit, '-C', folder('elsewhere')]);
    const results = folder('results');
    const program = folder('elsewhere/gpu-kit/run.sh');
    // Nothing of this process's environment: neither Node in PATH nor where the packages are.
    const env = { HOME: folder('.'), PATH: '/usr/local/bin:/usr/bin:/bin', OUT: results };
    const { code, stdout } = await run('unshare', ['-rn', program, '--python', String(python), '--cpu'], env);

    const { steps, tests, benchmarks } = JSON.parse(readFileSync(join(results, 'results.json'), 'utf8'));
    expect(steps).toMatchObject(['setup', 'tests', 'benchmark'].map((name) => ({ name, ok: true })));
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`,
    );
    expect(tests.failed).toBe(0);
    const ran = libtorch().cuda.available ? tests.passed : tests.skipped;
    expect(ran).toBeGreaterThan(0);
    expect(benchmarks).toMatchObject([
      { ok: true, printed: expect.stringContaining('training step, batch 32') },
    ]);
    expect(readFileSync(join(results, 'summary.md'), 'utf8')).toContain('ours / PyTorch');
    expect(existsSync(join(results, 'benchmark.jsonl'))).toBe(true);
    expect(code).toBe(0);
  },
  TIMEOUT_MS,
);
