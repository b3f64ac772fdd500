/** The package as npm publishes it: packed, installed in another folder, set up there, used there. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { recordOfAddon } from '../../src/setup/installed/build-record.js';
import { addonPath } from '../../src/setup/installed/paths.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { Consumer, PACKAGE } from './consumer.js';

/** The setup compiles the addon: minutes on two cores. */
const SETUP_TIMEOUT_MS = 45 * 60_000;

const consumer = Consumer.create();
const installed = (...names: string[]) => consumer.path('node_modules', PACKAGE, ...names);

interface Packed {
  filename: string;
  /** Bytes of the tarball. */
  size: number;
  files: { path: string }[];
}

function pack(): Packed {
  // dist/ is there: what the other end-to-end tests run.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', consumer.dir];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: PACKAGE_ROOT, encoding: 'utf8' })) as Packed[];
  if (packed === undefined) throw new Error('npm packed nothing.');
  return packed;
}

let tarball: Packed;
let paths: Set<string>;

beforeAll(async () => {
  tarball = pack();
  paths = new Set(tarball.files.map(({ path }) => path));
  const install = ['install', `./${tarball.filename}`, '--ignore-scripts', '--prefer-offline', '--no-audit'];
  expect(await consumer.run('npm', install)).toMatchObject({ code: 0 });
});

describe('the tarball', () => {
  test('holds what a user needs and nothing else', () => {
    const top = new Set([...paths].map((path) => path.split('/')[0]));
    expect([...top].sort()).toEqual([
      'CHANGELOG.md',
      'CMakeLists.txt',
      'LICENSE',
      'README.md',
      'dist',
      'native',
      'package.json',
    ]);
    const foreign = /(^|\/)(build|test|fixtures|sample)\/|\.(node|o|so|a|safetensors|png|tgz|log)$|\.test\./;
    expect([...paths].filter((path) => foreign.test(path))).toEqual([]);
  });

  test('holds every source that the addon is compiled from', () => {
    const sources = readdirSync(join(PACKAGE_ROOT, 'native'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(PACKAGE_ROOT, join(entry.parentPath, entry.name)));
    expect(sources.filter((path) => !paths.has(path) && !path.startsWith('native/build/'))).toEqual([]);
    expect(paths.has('native/binding.gyp')).toBe(true);
  });

  test('holds what package.json points to', () => {
    const { main, types, bin, exports } = JSON.parse(
      readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'),
    );
    const targets = [main, types, ...Object.values(bin), ...Object.values(exports['.'])] as string[];
    expect(targets.filter((path) => !paths.has(normalize(path)))).toEqual([]);
  });

  test('names no source map that is not there, and no map names a source that is not there', () => {
    const lost: string[] = [];
    for (const path of paths) {
      if (!/\.(js|d\.ts|map)$/.test(path)) continue;
      const text = readFileSync(join(PACKAGE_ROOT, path), 'utf8');
      const map = /^\/\/# sourceMappingURL=(\S+)$/m.exec(text)?.[1];
      const { sources = [], sourcesContent } = path.endsWith('.map') ? JSON.parse(text) : {};
      for (const named of [...(map ? [map] : []), ...(sourcesContent ? [] : sources)]) {
        if (!paths.has(normalize(join(dirname(path), named)))) lost.push(`${path} names ${named}`);
      }
    }
    expect(lost).toEqual([]);
  });

  test('declares what users may use, and not what belongs to a fit', () => {
    const declared = readFileSync(join(PACKAGE_ROOT, 'dist/train/trainer.d.ts'), 'utf8');
    expect(declared).toContain('get epoch()');
    expect(declared).not.toMatch(/bestWeights|checkpointDir|isFinished/);
  });

  test('is below half a megabyte', () => {
    expect(tarball.size).toBeLessThan(500_000);
  });
});

describe('installed, before its setup', () => {
  test('nothing was compiled or downloaded, and no install script could have done it', () => {
    const { scripts = {}, gypfile } = JSON.parse(readFileSync(installed('package.json'), 'utf8'));
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
    // npm would run node-gyp by itself for a binding.gyp at the top.
    expect([gypfile, existsSync(installed('binding.gyp'))]).toEqual([false, false]);
    expect([existsSync(installed('build')), existsSync(installed('.googlenet'))]).toEqual([false, false]);
    const native = readdirSync(installed(), { recursive: true, encoding: 'utf8' });
    expect(native.filter((path) => path.endsWith('.node'))).toEqual([]);
  });

  test('it can be loaded, and the first use says which command builds the addon', async () => {
    const program = `
      const { GoogLeNet, GoogLeNetError } = require('${PACKAGE}');
      try { new GoogLeNet(); } catch (error) {
        console.log(error instanceof GoogLeNetError, error.code, error.message.includes('npx googlenet setup'));
      }`;
    const run = await consumer.node('-e', program);
    expect(run).toEqual({ code: 0, stdout: 'true ADDON_NOT_BUILT true\n', stderr: '' });
  });

  test('doctor says that the addon is missing', async () => {
    const { code, stdout } = await consumer.run('npx', ['googlenet', 'doctor', '--json']);
    expect(code).toBe(1);
    const { healthy, problems } = JSON.parse(stdout);
    expect(healthy).toBe(false);
    expect(problems).toContainEqual(expect.objectContaining({ code: 'ADDON_NOT_BUILT', needed: true }));
  });
});

describe('installed and set up', () => {
  beforeAll(async () => {
    const record = recordOfAddon(addonPath());
    if (record === undefined)
      throw new Error('The addon in use was not built by the setup: run `npm run setup`.');
    // By node-gyp, because the addon of all other tests is built by cmake-js.
    const args = ['googlenet', 'setup', '--builder', 'node-gyp'];
    const run = await consumer.run('npx', args, { LIBTORCH: record.libtorch.dir });
    if (run.code !== 0)
      throw new Error(`npx googlenet setup ended with ${run.code}:\n${run.stdout}${run.stderr}`);
  }, SETUP_TIMEOUT_MS);

  /** A forward on zeros, and the two published sizes. */
  const PROGRAM = `
    const describe = ({ data, shape }) => [data.constructor.name, data.length, shape.join()].join(' ');
    const main = async () => {
      const model = new GoogLeNet();
      const images = { data: new Float32Array(2 * 3 * 224 * 224), shape: [2, 3, 224, 224] };
      const heads = await model.eval().forward(images);
      const finite = heads.every(({ data }) => data.every(Number.isFinite));
      const { parameters } = new GoogLeNet({ auxLogits: false });
      console.log([...heads.map(describe), finite, model.parameters, parameters].join('; '));
    };
    main();`;
  const REPORT = `${Array(3).fill('Float32Array 2000 2,1000').join('; ')}; true; 13378792; 6999064\n`;

  test('require gives a model with three heads of [2, 1000]', async () => {
    const run = await consumer.node('-e', `const { GoogLeNet } = require('${PACKAGE}');${PROGRAM}`);
    expect(run).toEqual({ code: 0, stdout: REPORT, stderr: '' });
  });

  test('import gives the same', async () => {
    consumer.write('program.mjs', `import { GoogLeNet } from '${PACKAGE}';${PROGRAM}`);
    expect(await consumer.node('program.mjs')).toEqual({ code: 0, stdout: REPORT, stderr: '' });
  });

  test('import and require share one instance', async () => {
    consumer.write(
      'both.mjs',
      `import { createRequire } from 'node:module';
      import * as imported from '${PACKAGE}';
      const required = createRequire(import.meta.url)('${PACKAGE}');
      const names = Object.keys(required);
      console.log(names.includes('Trainer'), names.every((name) => imported[name] === required[name]));`,
    );
    expect(await consumer.node('both.mjs')).toEqual({ code: 0, stdout: 'true true\n', stderr: '' });
  });

  test('strict programs type-check against the shipped declarations, wrong ones do not', async () => {
    const program = `
      export const auxiliary = (logits: Logits): number =>
        // @ts-expect-error those of a model in general may have none
        logits[1].data.length;
      export async function main(): Promise<number> {
        using model = new GoogLeNet({ numClasses: 10, seed: 1n, device: 'cuda:1' });
        const [main, aux1] = await model.forward({ data: new Uint8Array(150_528), shape: [1, 224, 224, 3] });
        const values: number = main.data.length + aux1.data.length;
        // @ts-expect-error a misspelt option
        new GoogLeNet({ numClases: 10 });
        const trainer = new Trainer(model, { optimizer: { lr: 0.1 } });
        const code: ErrorCode = 'OUT_OF_MEMORY';
        return (await trainer.step({ data: new Float32Array(0), shape: [0] }, [0])).loss + code.length + values;
      }\n`;
    const names = '{ type ErrorCode, GoogLeNet, type Logits, Trainer }';
    consumer.write('module.mts', `import ${names} from '${PACKAGE}';${program}`);
    consumer.write('script.cts', `import ${names} from '${PACKAGE}';${program}`);
    expect(await consumer.typeCheck()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('the command line answers', async () => {
    const { code, stdout } = await consumer.run('npx', ['googlenet', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: googlenet');
  });

  test('doctor is content', async () => {
    const { code, stdout } = await consumer.run('npx', ['googlenet', 'doctor', '--json']);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ healthy: true, package: { root: installed() }, addon: { loads: true } });
    expect(code).toBe(0);
  });

  test('a second setup finds everything done', async () => {
    const { code, stdout } = await consumer.run('npx', ['googlenet', 'setup']);
    expect(code).toBe(0);
    expect(stdout).toContain('is up to date');
  });
});
