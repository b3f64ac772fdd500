/** The documents say what is so: their examples run, their commands, links and names exist. */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';
import { ERROR_CODES } from '../../src/core/errors.js';
import * as api from '../../src/index.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { SAMPLE } from './cli.js';
import { Consumer } from './consumer.js';

/** Written by `npm run docs`, whose `--check` compares them with the sources. */
const GENERATED = /^docs\/reference\/(api\/|cli\/|error-codes\.md$)/;
const DOCUMENTS = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync(join(PACKAGE_ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('node_modules'))
    .map((name) => join('docs', name))
    .filter((name) => !GENERATED.test(name))
    .sort(),
];
const read = (name: string) => readFileSync(join(PACKAGE_ROOT, name), 'utf8');
const readme = read('README.md');

/** Code blocks of one language, in their order. */
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code);

describe('the examples of README.md', () => {
  const consumer = Consumer.create();
  const [train = '', pretrained = ''] = blocks('ts');

  beforeAll(() => {
    consumer.link();
    for (const [part, count] of [
      ['train', 4],
      ['test', 2],
    ] as const) {
      for (const name of ['0-t-shirt-top', '1-trouser']) {
        for (let i = 0; i < count; i++) {
          const file = join(part, name, `00${i}.png`);
          cpSync(join(SAMPLE, file), consumer.path('images', file));
        }
      }
    }
    cpSync(join(SAMPLE, 'test/1-trouser/003.png'), consumer.path('image.png'));
  });

  test('have no more than twelve lines and type-check', async () => {
    expect(train.trim().split(/\n+/).length).toBeLessThanOrEqual(12);
    consumer.write('example.mts', train);
    consumer.write('pretrained.mts', pretrained);
    expect(await consumer.typeCheck()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(pretrained).toContain('GoogLeNet.pretrained');
  });

  test('train a model, save it and classify an image', async () => {
    const { code } = transformSync(train, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    consumer.write('train.mjs', code);
    const run = await consumer.node('train.mjs');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^1 [\d.]+ [\d.]+\n2 [\d.]+ [\d.]+\n\[/);
    expect(run.stdout).toMatch(/label: '[01]-[\w-]+',\s+index: [01],\s+probability: [\d.]+/);
    expect([
      existsSync(consumer.path('model.safetensors')),
      existsSync(consumer.path('checkpoints')),
    ]).toEqual([true, true]);
  });

  test('give three heads of [2, 1000]', async () => {
    const [forward = ''] = blocks('js');
    consumer.write('forward.cjs', forward);
    const stdout = `${Array(3).fill('[ 2, 1000 ]').join(' ')}\n`;
    expect(await consumer.node('forward.cjs')).toEqual({ code: 0, stdout, stderr: '' });
  });
});

describe.each(DOCUMENTS)('%s', (name) => {
  const text = read(name);

  test('links to files that are there', () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    const local = targets
      .filter((target) => !/^https?:/.test(target))
      .map((target) => join(dirname(name), target));
    expect(local.filter((path) => !GENERATED.test(path) && !existsSync(join(PACKAGE_ROOT, path)))).toEqual(
      [],
    );
  });

  test('names npm scripts and commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...text.matchAll(/\bnpm (?:run )?([a-z]+)\b/g)].map(([, script = '']) => script);
    const ofNpm = [
      'ci',
      'install',
      'pack',
      'publish',
      'version',
      'packages',
      'publishes',
      'package',
      'scripts',
      'run',
    ];
    expect(named.filter((script) => !(script in scripts) && !ofNpm.includes(script))).toEqual([]);
    const commands = [...text.matchAll(/`(?:npx )?googlenet ([a-z]+)/g)].map(([, command = '']) => command);
    const missing = commands.filter(
      (command) => !existsSync(join(PACKAGE_ROOT, `src/cli/${command}/command.ts`)),
    );
    expect(missing).toEqual([]);
  });

  test('names files of the project that are there', () => {
    const paths = [...text.matchAll(/`((?:src|native|scripts|test|docs)\/[\w./-]*\w)\/?`/g)].map(
      ([, path = '']) => path,
    );
    expect(paths.filter((path) => !existsSync(join(PACKAGE_ROOT, path)))).toEqual([]);
  });
});

test('README.md lists every error code and every exported value', () => {
  const missing = [...Object.keys(ERROR_CODES), ...Object.keys(api)].filter(
    (name) => !readme.includes(`\`${name}\``),
  );
  expect(missing).toEqual([]);
});
