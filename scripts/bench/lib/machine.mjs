// The machine of a benchmark. Import this only after the package is compiled.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);
const { recordOfAddon } = require('../../../dist/setup/installed/build-record.js');
const { venvPython } = require('../../../dist/setup/install-libtorch.js');
const { addonPath } = require('../../../dist/setup/installed/paths.js');

/**
 * The Python to compare with: that of the libtorch in use, or GOOGLENET_PYTHON. Ends the program where it lacks one of the modules.
 */
export async function findPython(...modules) {
  const python = process.env.GOOGLENET_PYTHON ?? recordOfAddon(addonPath())?.libtorch.python ?? venvPython();
  try {
    await promisify(execFile)(python, ['-c', `import ${modules.join(', ')}`]);
    return python;
  } catch (error) {
    // A traceback ends with what went wrong.
    const why = (error.stderr?.trim() || error.message).split('\n').at(-1);
    console.error(
      `TOOL_MISSING: There is no PyTorch to compare with: ${python} says ${why}. Run \`npm run setup\`, or set GOOGLENET_PYTHON ` +
        `to a Python with ${modules.join(' and ')}.`,
    );
    process.exit(1);
  }
}

/** The properties of the machine that matter to the figures. */
export function describeMachine({ threads }) {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const versions = `Node ${process.versions.node}, libtorch ${recordOfAddon(addonPath())?.libtorch.version}`;
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${gigabytes} GiB; ${threads} threads; ${versions}`;
}

/** The properties of the machine and of both sides that matter to the figures. */
export function printMachine({ threads, device }, { libtorch, torch }, how) {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  console.log(
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${gigabytes} GiB; ${threads} threads; device ${device}`,
  );
  console.log(
    `Node ${process.versions.node} with libtorch ${libtorch}; Python with torch ${torch}, eager; ${how}`,
  );
}
