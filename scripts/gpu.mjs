// npm run gpu [-- options of the benchmark]: everything that needs a CUDA device. Sets up the CUDA build of libtorch and the addon,
// runs the tests of the project gpu, then the benchmark on the device.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bootstrap, root, run } from './lib/bootstrap.mjs';

const HELP = `npm run gpu -- [options of npm run bench:eager]

Sets up the CUDA build of libtorch, runs the tests that need a CUDA device (test/gpu), then times forward (batch 1, 8, 32) and
training step on the device, compared with Python PyTorch on the same device.

libtorch is the one that LIBTORCH names (folder with include/ and lib/), with LIBTORCH_USE_PYTORCH=1 that of the Python
environment at hand (VIRTUAL_ENV, else python3), else the setup installs one with pip. Where node_modules/ is there and one of
the two variables is set, nothing is downloaded.

  --tests-only   leave the benchmark out`;

/** What a loaded NVIDIA driver shows, on Linux and under WSL. Checked first, because the CUDA build is a download of gigabytes. */
const driverFiles = ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'];

function end(message) {
  console.error(message);
  process.exit(1);
}

const given = process.argv.slice(2);
if (given.includes('--help') || given.includes('-h')) {
  console.log(HELP);
  process.exit(0);
}
if (!driverFiles.some(existsSync)) {
  end(
    'CUDA_UNAVAILABLE: no NVIDIA driver is loaded on this machine, so there is no device to test or to time. Nothing was done.\n' +
      'To build for CUDA nevertheless: npm run setup -- --cuda --build-dir .googlenet/build-cuda',
  );
}

await bootstrap(['--cuda']);
const { cuda, devices, version } = createRequire(import.meta.url)(root).libtorch();
if (!cuda.available) end(`CUDA_UNAVAILABLE: libtorch ${version}: ${cuda.reason}.`);
for (const { device, name, memoryBytes } of devices) {
  console.log(`✓ ${device}: ${name}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB`);
}

const jest = ['node_modules/jest/bin/jest.js', '--config', 'test/jest.config.js', '--selectProjects', 'gpu'];
const failed = await run(process.execPath, [...jest, '--verbose']);
if (failed) end('The tests on the device failed; the benchmark was not run.');

const rest = given.filter((argument) => argument !== '--tests-only');
if (rest.length === given.length) {
  process.exitCode = await run(process.execPath, ['scripts/bench/eager.mjs', '--device', 'cuda', ...rest]);
}
