/** `node -r test/support/register.cjs write-report-child.ts <run folder>`: writes its report, and prints how long its own thread stood still. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GoogLeNetError } from '../../src/core/errors.js';
import { writeReport } from '../../src/report/write-report.js';

async function main(): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await sleep(50);
  delay.enable();
  const files = await writeReport(process.argv[2] ?? '').catch((error: GoogLeNetError) => error.code);
  delay.disable();
  console.log(JSON.stringify({ files, longestMs: delay.max / 1e6 }));
}

main();
