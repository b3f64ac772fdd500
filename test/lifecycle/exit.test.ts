import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEngineAddon } from '../../src/native/load-engine';
import { PACKAGE_ROOT, runChild } from '../support/child';
import { testWhere } from '../support/skip';

/** Says at the end of the process whether the work had not ended before. */
const WATCH = `
  const watch = (work) => {
    let pending = true;
    const ended = () => { pending = false; };
    work.then(ended, ended);
    process.on('exit', () => console.log(pending ? 'in the middle' : 'too late'));
  };
`;

const IN_THE_MIDDLE = 'in the middle\n';

/** A crash shows as a signal (SIGSEGV, SIGABRT) or as words of the C++ runtime. */
function expectClean({ stderr, signal }: { stderr: string; signal: string | null }) {
  expect(signal).toBeNull();
  expect(stderr).not.toMatch(/terminate called|core dumped|FATAL ERROR|Segmentation/);
}

test('a program that is done ends by itself, although its model was never disposed', async () => {
  const child = await runChild(`
    const model = new GoogLeNet({ numClasses: 10 });
    model.forward(images(1)).then(([main]) => console.log(main.shape.join()));
  `);
  expectClean(child);
  expect(child).toMatchObject({ code: 0, stdout: '1,10\n' });
});

test('a program ends although nobody awaits what it started', async () => {
  const child = await runChild(`
    const model = new GoogLeNet({ numClasses: 10 });
    model.eval();
    model.forward(images(4));
  `);
  expectClean(child);
  expect(child.code).toBe(0);
});

test.each([
  ['a forward', 'model.forward(images(16))'],
  ['a training step', 'new Trainer(model).step(images(8), labels(8))'],
  ['a queue of forwards', 'Promise.all(Array.from({ length: 50 }, () => model.forward(images(4))))'],
])('process.exit in the middle of %s ends the process with its code', async (_, work) => {
  const child = await runChild(`${WATCH}
    const model = new GoogLeNet({ numClasses: 10 });
    model.forward(images(1)).then(() => {
      watch(${work});
      setTimeout(() => process.exit(7), 20);
    });
  `);
  expectClean(child);
  expect(child).toMatchObject({ code: 7, stdout: IN_THE_MIDDLE });
});

test('process.exit in the middle of a save ends the process with its code, and there is no file of that name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'googlenet-'));
  try {
    const child = await runChild(`${WATCH}
      const model = new GoogLeNet({ numClasses: 10 });
      // The file it writes to before it gives it its name.
      require('node:fs').watch('${folder}', () => process.exit(7));
      watch(model.save('${folder}/model.safetensors'));
    `);
    expectClean(child);
    expect(child).toMatchObject({ code: 7, stdout: IN_THE_MIDDLE });
    expect(existsSync(join(folder, 'model.safetensors'))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an uncaught error in the middle of a forward ends the process as Node ends it', async () => {
  const child = await runChild(`${WATCH}
    const model = new GoogLeNet({ numClasses: 10 });
    watch(model.forward(images(16)));
    setTimeout(() => { throw new Error('mine'); }, 20);
  `);
  expectClean(child);
  expect(child).toMatchObject({ code: 1, stdout: IN_THE_MIDDLE });
  expect(child.stderr).toContain('Error: mine');
});

test('an exit listener that throws does not keep the compute threads from being stopped', async () => {
  const child = await runChild(`${WATCH}
    const model = new GoogLeNet({ numClasses: 10 });
    watch(model.forward(images(16)));
    process.on('exit', () => { throw new Error('theirs'); });
    setTimeout(() => process.exit(5), 20);
  `);
  expectClean(child);
  expect(child.stdout).toBe(IN_THE_MIDDLE);
  expect(child.stderr).toContain('Error: theirs');
});

test('work that begins in an exit listener is dropped, not run during the end of the process', async () => {
  const child = await runChild(`
    const model = new GoogLeNet({ numClasses: 10 });
    process.on('exit', () => {
      model.forward(images(1));
      new GoogLeNet({ numClasses: 10 }).forward(images(1));
      model.dispose();
      console.log('late');
    });
    model.forward(images(4));
    setTimeout(() => process.exit(4), 20);
  `);
  expectClean(child);
  expect(child).toMatchObject({ code: 4, stdout: 'late\n', stderr: '' });
});

test('an unhandled rejection of ours ends the process with its code in the output', async () => {
  const child = await runChild(
    `new GoogLeNet({ numClasses: 10 }).forward({ data: new Float32Array(3), shape: [1, 3, 1, 1] });`,
  );
  expectClean(child);
  expect(child.code).toBe(1);
  expect(child.stderr).toContain('INVALID_SHAPE');
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s in the middle of a step ends the process at once',
  async (signal) => {
    let sent = false;
    const child = await runChild(
      `
    const trainer = new Trainer(new GoogLeNet({ numClasses: 10 }));
    (async () => { for (;;) { console.log('step'); await trainer.step(images(8), labels(8)); } })();
  `,
      {
        onStdout: (text, kill) => {
          if (sent || text.split('step').length < 3) return;
          sent = true;
          setTimeout(() => kill(signal), 50);
        },
      },
    );
    expect(child.signal).toBe(signal);
    expect(child.stderr).toBe('');
  },
);

test('a SIGINT handler of the program may finish its work', async () => {
  const child = await runChild(
    `
    const model = new GoogLeNet({ numClasses: 10 });
    let stop = false;
    process.on('SIGINT', () => { stop = true; });
    (async () => {
      while (!stop) { await model.forward(images(2)); console.log('forward'); }
      model.dispose();
      console.log('done');
    })();
  `,
    { onStdout: (text, kill) => text.endsWith('forward\n') && !text.includes('done') && kill('SIGINT') },
  );
  expectClean(child);
  expect(child.code).toBe(0);
  expect(child.stdout).toMatch(/done\n$/);
});

test.each(['float32', 'bfloat16'])(
  'process.exit in the middle of an engine in %s ends the process with its code',
  async (precision) => {
    const child = await runChild(`${WATCH}
      new GoogLeNet({ numClasses: 10 }).optimize({ precision: '${precision}' }).then((engine) => {
        watch(Promise.all(Array.from({ length: 50 }, () => engine.forward(images(8)))));
        setTimeout(() => process.exit(7), 20);
      });
    `);
    expectClean(child);
    expect(child).toMatchObject({ code: 7, stdout: IN_THE_MIDDLE });
  },
);

test('a program that is done ends by itself, although its engine was never disposed', async () => {
  const child = await runChild(`
    const model = new GoogLeNet({ numClasses: 10 });
    model.optimize().then(async (engine) => console.log((await engine.forward(images(1)))[0].shape.join()));
  `);
  expectClean(child);
  expect(child).toMatchObject({ code: 0, stdout: '1,10\n' });
});

test('engines that nobody holds are collected with their threads, also while others work', async () => {
  const child = await runChild(
    `
    const threads = () => require('node:fs').readdirSync('/proc/self/task').length;
    (async () => {
      const model = new GoogLeNet({ numClasses: 10 });
      const kept = await model.optimize({ threads: 3 });
      const before = threads();
      for (let i = 0; i < 8; i++) {
        await model.optimize({ threads: 3 });
        const pending = kept.forward(images(2));
        gc();
        await sleep(5);
        await pending;
      }
      // The last one may still be held by the stack, and finalizers run later.
      for (let i = 0; i < 100 && threads() > before + 3; i++) { gc(); await sleep(20); }
      console.log(threads() <= before + 3 ? 'collected' : threads() + ' threads, before ' + before);
    })();
  `,
    { args: ['--expose-gc'] },
  );
  expectClean(child);
  expect(child).toMatchObject({ code: 0, stdout: 'collected\n' });
});

test('an engine from a plan works in a process that has not loaded libtorch, nor decoded an image', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'googlenet-'));
  const plan = join(folder, 'plan.safetensors');
  try {
    const made = await runChild(
      `new GoogLeNet({ numClasses: 10 }).optimize().then((engine) => engine.save('${plan}')).then(() => process.exit(0));`,
    );
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const child = await runChild(`
      const { Engine } = require(${JSON.stringify(PACKAGE_ROOT)});
      (async () => {
        const engine = await Engine.load('${plan}', { backend: 'avx2' }).catch((error) => console.log(error.code));
        if (!engine) return;
        const [main] = await engine.forward(images(1));
        const maps = require('node:fs').readFileSync('/proc/self/maps', 'utf8');
        console.log(main.shape.join(), /engine\\.node/.test(maps), /libtorch|libc10|libvips/.test(maps));
      })();
    `);
    expectClean(child);
    // Where there are no kernels of ours there is nothing to load but libtorch.
    const expected = loadEngineAddon().instructionSets('float32').includes('avx2')
      ? '1,10 true false\n'
      : 'UNSUPPORTED\n';
    expect(child).toMatchObject({ code: 0, stdout: expected });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const canLimit =
  existsSync('/usr/bin/prlimit') && loadEngineAddon().instructionSets('float32').includes('avx2');

testWhere(canLimit, 'there is no prlimit, or no avx2')(
  'an engine that the system has no threads for is an error, and the process lives',
  async () => {
    const child = await runChild(`
    (async () => {
      const model = new GoogLeNet({ numClasses: 10 });
      await model.forward(images(1));
      // Room for some stacks of threads, but not for all.
      const { execFileSync } = require('node:child_process');
      const pages = Number(require('node:fs').readFileSync('/proc/self/statm', 'utf8').split(' ')[0]);
      execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (pages * 4096 + 600 * 2 ** 20)]);
      const code = await model.optimize({ backend: 'avx2', threads: 256 }).then(() => 'made', (error) => error.code);
      const engine = await model.optimize({ backend: 'avx2', threads: 2 });
      const [main] = await engine.forward(images(1));
      console.log(code, main.data.every(Number.isFinite));
    })();
  `);
    expectClean(child);
    expect(child).toMatchObject({ code: 0, stdout: 'OUT_OF_MEMORY true\n' });
  },
);
