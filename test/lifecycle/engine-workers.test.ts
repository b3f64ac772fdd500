import { engineAddonPath } from '../../src/setup/installed/paths';
import { runChild } from '../support/child';
import { ALIVE, constructAndTerminate, dropInExitListener, PERTURBED } from '../support/engine-workers';
import { HAS_KERNELS } from '../support/engines';
import { testWhere } from '../support/skip';

/** The long suite has two hundred of each, and AddressSanitizer. */
const COUNT = 25;

const testEach = (title: string, run: (env: NodeJS.ProcessEnv) => Promise<void>) => {
  for (const [memory, env] of [['', {}] as const, [', with freed memory overwritten', PERTURBED] as const])
    testWhere(HAS_KERNELS, 'this machine has no kernels of ours')(title + memory, () => run(env));
};

testEach('workers that construct engines are terminated and the process lives on', async (env) => {
  expect(await constructAndTerminate({ count: COUNT, env })).toEqual(ALIVE);
});

testEach('workers drop engines in their exit listeners and the process lives on', async (env) => {
  expect(await dropInExitListener({ count: COUNT, env })).toEqual(ALIVE);
});

testWhere(HAS_KERNELS, 'this machine has no kernels of ours')(
  'the addon of engines stays where it is when the only worker that loaded it has ended',
  async () => {
    const child = await runChild(`
      const { Worker } = require('node:worker_threads');
      const isLoaded = () => /engine\\.node/.test(require('node:fs').readFileSync('/proc/self/maps', 'utf8'));
      const worker = new Worker('require(' + JSON.stringify(${JSON.stringify(engineAddonPath())}) + ')', { eval: true });
      const before = isLoaded();
      worker.once('exit', () => console.log(before, isLoaded()));
    `);
    expect(child).toEqual({ code: 0, signal: null, stdout: 'false true\n', stderr: '' });
  },
);
