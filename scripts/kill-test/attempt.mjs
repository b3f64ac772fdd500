// Runs run.mjs once and kills it at the given moment, unless it ends before.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), 'run.mjs');

/** The phase of the process after each line that it prints. */
function phaseAfter({ type }, before) {
  switch (type) {
    case 'found':
      return 'loading';
    case 'step':
    case 'epoch':
      return 'writing a checkpoint';
    case 'checkpoint':
      return before.type === 'step' && before.isLastOfEpoch ? 'validating' : 'a step';
    case 'validation':
      return 'validating';
    case 'end':
      return 'writing the weights';
    case 'complete':
      return 'ending';
    default:
      return 'starting';
  }
}

/**
 * @param kill `{ afterMs }` from the start, or `{ write, afterMs }` from the moment the process begins its write-th checkpoint;
 * null lets it end.
 * @returns its lines with the time of each in ms, the phase it was killed in (null where it ended), its exit code and errors.
 */
export async function attempt(checkpoints, weights, kill) {
  const begin = performance.now();
  const child = spawn(process.execPath, [program, checkpoints, weights], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = [];
  let phase = 'starting';
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text);
    phase = phaseAfter(line, lines.at(-1) ?? {});
    lines.push({ ...line, ms: performance.now() - begin });
  });

  const timers = [];
  const killAfter = (ms) => timers.push(setTimeout(() => child.kill('SIGKILL'), ms));
  let watcher = null;
  if (kill?.write) {
    const begun = new Set();
    watcher = watch(checkpoints, (_, name) => {
      if (!name?.endsWith('.tmp') || begun.has(name)) return;
      begun.add(name);
      if (begun.size === kill.write) killAfter(kill.afterMs);
    });
  } else if (kill) killAfter(kill.afterMs);

  const [code, signal] = await new Promise((done) => {
    child.once('close', (...end) => done(end));
  });
  timers.forEach(clearTimeout);
  watcher?.close();
  return { lines, code, errors, killedWhile: signal === 'SIGKILL' ? phase : null };
}
