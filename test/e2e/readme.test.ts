/** The documents say what is so: their examples run, their commands, links and names exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../support/child.js';
import { testPages } from './documents.js';

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
/** Anchors of a page's headings, as GitHub makes them. */
const headingsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

const read = (name: string) => readFileSync(join(PACKAGE_ROOT, name), 'utf8');

testPages(['README.md']);

describe.each(DOCUMENTS)('%s', (name) => {
  const text = read(name);

  test('links to files and headings that are there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [target = '', heading] = link.split('#');
      const path = target === '' ? name : join(dirname(name), target);
      if (!existsSync(join(PACKAGE_ROOT, path))) return true;
      return heading !== undefined && !headingsOf(read(path)).includes(heading);
    });
    expect(broken).toEqual([]);
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

test('README.md and pages of the guide are short', () => {
  const lines = (name: string) => read(name).trimEnd().split('\n').length;
  expect(lines('README.md')).toBeLessThanOrEqual(130);
  expect(DOCUMENTS.filter((name) => name.startsWith('docs/') && lines(name) > 150)).toEqual([]);
});
