import { writeFileSync } from 'node:fs';
import { plain, red } from '../../src/core/colors.js';
import { diagnose } from '../../src/setup/doctor.js';
import { formatReport } from '../../src/setup/doctor-text.js';
import { instructionSets } from '../../src/setup/machine.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();
const before = process.env.GOOGLENET_ADDON;

afterEach(() => {
  if (before === undefined) delete process.env.GOOGLENET_ADDON;
  else process.env.GOOGLENET_ADDON = before;
});

test('without an addon the doctor reports everything else, the problem and its fix', async () => {
  process.env.GOOGLENET_ADDON = path('Release/googlenet.node');
  const report = await diagnose();
  expect(report).toMatchObject({
    healthy: false,
    node: { version: process.versions.node, supported: true },
    addon: { exists: false, loads: false, version: null, error: { code: 'ADDON_NOT_BUILT' } },
    devices: { cuda: null, cpu: { logicalCores: expect.any(Number) } },
    threads: { default: null, usable: expect.any(Number) },
    instructionSets: { libtorch: null },
  });
  expect(report.problems).toContainEqual(
    expect.objectContaining({ needed: true, code: 'ADDON_NOT_BUILT', fix: expect.stringContaining('setup') }),
  );
  const colored = formatReport(report);
  expect(colored).toContain(red('ADDON_NOT_BUILT'));
  const text = plain(colored);
  expect(text).toMatch(/^✗ addon +not built/m);
  expect(text).toMatch(/^ {2}Fix: /m);
});

test('the report is plain data that survives JSON', async () => {
  process.env.GOOGLENET_ADDON = path('Release/googlenet.node');
  const report = await diagnose();
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('instruction sets are read from the flags of the CPU', async () => {
  writeFileSync(path('cpuinfo'), 'processor\t: 0\nflags\t\t: fpu avx2 avx512f amx_bf16\n');
  await expect(instructionSets(path('cpuinfo'))).resolves.toEqual({
    avx2: true,
    avx512f: true,
    avx512_bf16: false,
    avx512_vnni: false,
    amx_bf16: true,
    amx_int8: false,
  });
});
