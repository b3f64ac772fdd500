/**
 * What the addons keep of JavaScript's from call to call. V8 may collect, and move, whatever is no longer referred to whenever it likes:
 * here it does at every promise, and so between any two calls.
 */
import { PACKAGE_ROOT, runChild } from '../support/child';
import { backendsOf } from '../support/engines';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();

const COLLECTING = `
  const { Engine } = require(${JSON.stringify(PACKAGE_ROOT)});
  const { createHook } = require('node:async_hooks');
  createHook({ init: (id, type) => type === 'PROMISE' && gc({ type: 'minor' }) }).enable();
`;

async function expectLines(program: string, lines: string[]) {
  const { stdout, ...child } = await runChild(COLLECTING + program, { args: ['--expose-gc'] });
  expect({ ...child, lines: stdout.trim().split('\n') }).toEqual({
    code: 0,
    signal: null,
    stderr: '',
    lines,
  });
}

test('models train, are saved and loaded', async () => {
  await expectLines(
    `
    (async () => {
      const model = new GoogLeNet({ numClasses: 10, seed: 0 });
      const trainer = new Trainer(model);
      for (let i = 0; i < 3; i++) await Promise.all([trainer.step(images(2), labels(2)), model.forward(images(1))]);
      model.eval();
      const file = ${JSON.stringify(folder('model.safetensors'))};
      await model.save(file);
      const again = (await GoogLeNet.load(file)).eval();
      const [[a], [b]] = await Promise.all([model.forward(images(2)), again.forward(images(2))]);
      console.log(a.data.join() === b.data.join());
    })();
  `,
    ['true'],
  );
});

test.each(backendsOf('float32'))('engines of the backend %s become ready and answer', async (backend) => {
  await expectLines(
    `
    (async () => {
      const model = new GoogLeNet({ numClasses: 10, seed: 0 }).eval();
      const file = ${JSON.stringify(folder('engine.plan'))};
      const made = await model.optimize({ backend: '${backend}' });
      const [expected] = await made.forward(images(1));
      await made.save(file);
      for (let i = 0; i < 5; i++) {
        const engine = await Engine.load(file, { backend: '${backend}' });
        const { steps } = await engine.describe();
        const answers = await Promise.all([1, 2, 3].map(() => engine.forward(images(1))));
        console.log(steps.length > 50, answers.every(([main]) => main.data.join() === expected.data.join()));
        engine.dispose();
      }
      made.dispose();
    })();
  `,
    Array<string>(5).fill('true true'),
  );
});
