import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { canMakeCgroups, withCpuQuota } from '../support/cgroup';
import { PACKAGE_ROOT } from '../support/child';
import { testWhere } from '../support/skip';

const run = promisify(execFile);

const PROGRAM = `
const { getNumThreads, setNumThreads, GoogLeNet } = require(${JSON.stringify(PACKAGE_ROOT)});
const { diagnose } = require(${JSON.stringify(PACKAGE_ROOT)} + '/dist/setup/doctor.js');
(async () => {
  const engine = await new GoogLeNet({ numClasses: 2, auxLogits: false }).eval().optimize();
  const { devices, threads } = await diagnose();
  const models = getNumThreads();
  setNumThreads(2);
  console.log(JSON.stringify({ engine: engine.threads, models, doctor: threads.usable, quota: devices.cpu.quotaCores, set: getNumThreads() }));
})();
`;

const testInGroup = testWhere(
  canMakeCgroups && availableParallelism() > 1,
  'this user may make no control groups, or there is one CPU only',
);

testInGroup('a quota of the group above is what engines, models and the doctor go by', async () => {
  await withCpuQuota(1, async (group) => {
    const shell = 'echo $$ > "$0/cgroup.procs" && exec "$1" -e "$2"';
    const { stdout } = await run('sh', ['-c', shell, group, process.execPath, PROGRAM]);
    expect(JSON.parse(stdout)).toEqual({ engine: 1, models: 1, doctor: 1, quota: 1, set: 2 });
  });
});
