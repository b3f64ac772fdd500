import { join } from 'node:path';
import { engineAddonPath } from '../../src/setup/installed/paths';
import { runChild } from './child';

/** What a Worker and its parent start with: the addon itself, because a Worker lives too briefly to load the package. */
const prelude = (addon: string) => `
  const { Worker, parentPort } = require('node:worker_threads');
  const { Engine, shutDown } = require(${JSON.stringify(addon)});
  const { tinyEngine, tinyImages } = require(${JSON.stringify(join(__dirname, 'tiny-network.cjs'))});
`;

/** Constructs engines until it is terminated, some of them disposed at once. */
const CONSTRUCTS = `
  parentPort.postMessage('up');
  for (let i = 0; ; i++) {
    const engine = new Engine(tinyEngine());
    if (i % 2 === 0 || i > 20) engine.dispose();
  }
`;

/** Drops an engine when everything has been shut down, and has it collected. */
const DROPS = `
  let engines = [new Engine(tinyEngine()), new Engine(tinyEngine())];
  process.on('exit', () => {
    shutDown();
    engines[0].dispose();
    engines = [];
    gc();
  });
  Promise.all(engines.map((engine) => engine.ready().then(() => engine.forward(tinyImages()))))
    .then(() => setImmediate(() => process.exit(0)));
`;

export interface EngineWorkers {
  count: number;
  addon?: string;
  env?: NodeJS.ProcessEnv;
}

function runWorkers(
  source: string,
  { count, addon = engineAddonPath(), env = {} }: EngineWorkers,
  end: string,
) {
  const program = `
    ${prelude(addon)}
    const source = ${JSON.stringify(prelude(addon) + source)};
    (async () => {
      for (let i = 0; i < ${count}; i++) {
        const worker = new Worker(source, { eval: true });
        const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
        ${end}
        await ended;
      }
      const engine = new Engine(tinyEngine());
      await engine.ready();
      const [{ data }] = await engine.forward(tinyImages());
      console.log('alive', data.every(Number.isFinite));
    })();
  `;
  return runChild(program, { args: ['--expose-gc'], env });
}

/** After 0 to 20 ms, a different moment each time. */
export const constructAndTerminate = (workers: EngineWorkers) =>
  runWorkers(
    CONSTRUCTS,
    workers,
    `await new Promise((resolve) => worker.once('message', resolve));
     await sleep((i * 7) % 21);
     worker.terminate();`,
  );

export const dropInExitListener = (workers: EngineWorkers) => runWorkers(DROPS, workers, '');

export const ALIVE = { code: 0, signal: null, stdout: 'alive true\n', stderr: '' };

/** glibc overwrites freed memory, so that using it again shows; what threads keep for themselves would be left out. */
export const PERTURBED = { MALLOC_PERTURB_: '165', GLIBC_TUNABLES: 'glibc.malloc.tcache_count=0' };
