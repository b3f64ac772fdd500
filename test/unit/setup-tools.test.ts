import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { checkTools } from '../../src/setup/check-tools.js';
import { compiler, program, which } from '../../src/setup/tools.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();
const { PATH, CXX } = process.env;

beforeEach(() => {
  mkdirSync(path('bin'));
});
afterEach(() => {
  process.env.PATH = PATH;
  if (CXX === undefined) delete process.env.CXX;
  else process.env.CXX = CXX;
});

/** A machine that has only these programs. */
async function onlyPrograms(...names: string[]): Promise<void> {
  for (const name of names) {
    const target = await which(name, { PATH });
    if (target === undefined) throw new Error(`This test needs ${name}.`);
    symlinkSync(target, path('bin', name));
  }
  delete process.env.CXX;
  process.env.PATH = path('bin');
}

function script(name: string, text: string): void {
  writeFileSync(path('bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

test('a program is found on PATH with its version', async () => {
  script('tool', 'echo "tool (GNU) 12.2.0 of 2022"');
  process.env.PATH = path('bin');
  await expect(program('tool')).resolves.toEqual({ path: path('bin/tool'), version: '12.2.0' });
  await expect(program('absent')).resolves.toBeNull();
});

test('CXX names the compiler', async () => {
  script('mycc', 'echo 99.1');
  await expect(compiler({ CXX: `${path('bin/mycc')} -pipe` })).resolves.toMatchObject({ version: '99.1' });
});

describe('the builder', () => {
  test('is cmake-js where CMake is installed', async () => {
    await onlyPrograms('g++', 'cmake', 'make', 'python3');
    await expect(checkTools({ python: null, addon: {} })).resolves.toBe('cmake-js');
  });

  test('is node-gyp where CMake is missing or node-gyp built before', async () => {
    await onlyPrograms('g++', 'make', 'python3');
    await expect(checkTools({ python: null, addon: {} })).resolves.toBe('node-gyp');
    symlinkSync('/bin/true', path('bin/cmake'));
    await expect(checkTools({ python: null, addon: { previous: 'node-gyp' } })).resolves.toBe('node-gyp');
  });

  test('that was asked for and lacks CMake is an error with the commands that install it', async () => {
    await onlyPrograms('g++', 'make', 'python3');
    await expect(checkTools({ python: null, addon: { wanted: 'cmake-js' } })).rejects.toMatchObject(
      errorWith('TOOL_MISSING', 'sudo apt-get install cmake', 'sudo dnf install cmake', 'brew install cmake'),
    );
  });

  test('names everything that is missing at once', async () => {
    await onlyPrograms('cmake');
    await expect(checkTools({ python: null, addon: {} })).rejects.toMatchObject(
      errorWith('TOOL_MISSING', 'apt-get install g++ make'),
    );
  });
});

describe('the Python that installs libtorch', () => {
  test('is python3 of PATH', async () => {
    await expect(checkTools({ python: 'python3', addon: null })).resolves.toBeUndefined();
  });

  test('is named when it is missing', async () => {
    process.env.PATH = path('bin');
    await expect(checkTools({ python: 'python3', addon: null })).rejects.toMatchObject(
      errorWith('TOOL_MISSING', 'apt-get install python3'),
    );
  });

  test('is refused when it is too old', async () => {
    script('python3', 'echo 3.8.10 1');
    await expect(checkTools({ python: path('bin/python3'), addon: null })).rejects.toMatchObject(
      errorWith('TOOL_MISSING', '3.8.10', '3.10', '--python'),
    );
  });

  test('is asked to get its venv module when it has none, as on Debian', async () => {
    script('python3', 'echo 3.11.2 0');
    await expect(checkTools({ python: path('bin/python3'), addon: null })).rejects.toMatchObject(
      errorWith('TOOL_MISSING', 'apt-get install python3-venv'),
    );
  });

  test('is refused when it is no Python at all', async () => {
    script('broken', 'exit 3');
    await expect(checkTools({ python: path('bin/broken'), addon: null })).rejects.toMatchObject(
      errorWith('TOOL_MISSING'),
    );
  });
});

describe('all that is missing is named in one error with one command', () => {
  const check = (python = 'python3') => checkTools({ python, addon: {} });

  test('on a machine that has nothing', async () => {
    process.env.PATH = path('bin');
    delete process.env.CXX;
    await expect(check()).rejects.toMatchObject(
      errorWith('TOOL_MISSING', 'sudo apt-get install python3 python3-venv g++ make cmake\n'),
    );
  });

  test('on one whose Python has no venv module', async () => {
    await onlyPrograms('make', 'cmake');
    script('python3', 'echo 3.11.2 0');
    await expect(check()).rejects.toMatchObject(
      errorWith('TOOL_MISSING', 'sudo apt-get install python3-venv g++\n'),
    );
  });

  test('besides a Python that is too old', async () => {
    process.env.PATH = path('bin');
    delete process.env.CXX;
    script('python3', 'echo 3.8.10 1');
    await expect(check()).rejects.toMatchObject(
      errorWith('TOOL_MISSING', '3.8.10', '--python', 'sudo apt-get install g++ make cmake\n'),
    );
  });
});
