import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { canLimitThreads, withThreadLimit } from '../support/cgroup';
import { PACKAGE_ROOT, runChild } from '../support/child';
import { testWhere } from '../support/skip';
import { temporaryFolder } from '../support/temporary-folder';

const run = promisify(execFile);
const folder = temporaryFolder();

const PRELUDE = `
  const { readdirSync, writeFileSync } = require('node:fs');
  const { GoogLeNet, setNumThreads } = require(${JSON.stringify(PACKAGE_ROOT)});
  const { loadEngineAddon } = require(${JSON.stringify(PACKAGE_ROOT)} + '/dist/native/load-engine.js');
  const newModel = () => new GoogLeNet({ numClasses: 2, auxLogits: false, variant: 'torchvision' }).eval();
  const images = (count) => ({ data: new Uint8Array(count * 64 * 64 * 3).fill(127), shape: [count, 64, 64, 3] });
  const outcome = async (model) => {
    try {
      return (await model.forward(images(1)))[0].shape.join();
    } catch (error) {
      return error.code;
    }
  };
`;

/** Runs a program in a process that a shell has put under a limit. */
async function printedUnder(limit: string, program: string): Promise<string> {
  const shell = `${limit} && exec "$0" -e "$1"`;
  const { stdout } = await run('sh', ['-c', shell, process.execPath, PRELUDE + program]);
  return stdout;
}

// Where nothing else says so, \`ulimit -s\` is the size of a thread's stack; musl gives 128 KB.
test('models and engines of every backend need little of a stack', async () => {
  const printed = await printedUnder(
    'ulimit -s 256',
    `(async () => {
      const model = newModel();
      const shapes = [(await model.forward(images(2)))[0].shape.join()];
      for (const precision of ['float32', 'bfloat16']) {
        for (const backend of loadEngineAddon().instructionSets(precision)) {
          const engine = await model.optimize({ backend, precision, threads: 2 });
          for (const count of [1, 2]) await engine.forward(images(count));
          shapes.push((await engine.forward(images(2)))[0].shape.join());
        }
      }
      console.log(new Set(shapes));
    })()`,
  );
  expect(printed).toBe("Set(1) { '2,2' }\n");
});

// Node ends the process where it cannot start its own threads, so they must not come after those of models.
test("Node's threads for files and images are there before a model or an engine takes any", async () => {
  for (const make of ['newModel()', 'loadEngineAddon()']) {
    const threads = async (count: number) =>
      Number(
        await printedUnder(
          `export UV_THREADPOOL_SIZE=${count}`,
          `${make}; console.log(readdirSync('/proc/self/task').length)`,
        ),
      );
    // Of 64 more; that of Node's compiler or of a trial may be there in one of the two and not in the other.
    expect((await threads(65)) - (await threads(1))).toBeGreaterThan(50);
  }
});

testWhere(canLimitThreads, 'this user may make no control groups')(
  'where the system has too few threads for a model, that is an error, and just enough are enough',
  async () => {
    await withThreadLimit(async (group) => {
      const printed = await printedUnder(
        `echo $$ > '${group}/cgroup.procs'`,
        `
        const roomFor = (threads) =>
          writeFileSync('${group}/pids.max', String(readdirSync('/proc/self/task').length + threads));
        (async () => {
          setNumThreads(4);
          roomFor(6);
          console.log(await outcome(newModel()));
          const models = []; // whose threads stay
          for (let i = 0; i < 5; i++) {
            // The model's own and three of OpenMP's for it; before the first, three more that all models share.
            roomFor(i === 0 ? 7 : 4);
            models.push(newModel());
            console.log(await outcome(models[i]));
          }
          writeFileSync('${group}/pids.max', 'max');
          console.log(await outcome(newModel()));
        })()`,
      );
      expect(printed).toBe(`OUT_OF_MEMORY\n${'1,2\n'.repeat(6)}`);
    });
  },
);

/** Memory for machine code is refused while FAIL is set: oneDNN, inside libtorch, maps it. */
const NO_MEMORY_FOR_CODE = `
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) noexcept {
  Dl_info caller;
  if (getenv("FAIL") && dladdr(__builtin_return_address(0), &caller) && strstr(caller.dli_fname, "libtorch_cpu")) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return (void*)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}
`;

test('where memory for machine code ran out, a model says so, and computes as soon as there is some', async () => {
  writeFileSync(folder('mmap.cpp'), NO_MEMORY_FOR_CODE);
  execFileSync('g++', ['-shared', '-fPIC', '-o', folder('mmap.so'), folder('mmap.cpp'), '-ldl']);
  const child = await runChild(
    `{${PRELUDE}
      (async () => {
        const model = newModel();
        process.env.FAIL = '1';
        console.log(await outcome(model), await outcome(model));
        delete process.env.FAIL;
        console.log(await outcome(model));
      })()
    }`,
    { env: { LD_PRELOAD: folder('mmap.so') } },
  );
  expect(child).toEqual({ code: 0, signal: null, stdout: 'OUT_OF_MEMORY OUT_OF_MEMORY\n1,2\n', stderr: '' });
});
