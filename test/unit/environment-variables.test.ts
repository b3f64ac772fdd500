/** docs/reference/environment-variables.md names every variable that the sources read, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/reference/environment-variables.md'), 'utf8');

/** How TypeScript, JavaScript, C++ and Python read one. Names in capitals, and those that `process.env` is asked for. */
const READS = [
  /\benv\.([A-Z][A-Z0-9_]+)\b/g,
  /\benv\.([a-z]+_[a-z_]+)\b(?!\()/g,
  /\bgetenv\("(\w+)"\)/g,
  /\benviron(?:\.get|\.setdefault)?[([]"(\w+)"/g,
];
/** `const { A, B } = env` */
const DESTRUCTURED = /\{([A-Z0-9_, ]+)\} = (?:process\.)?env\b/g;

const sources = ['src', 'native', 'scripts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(m?ts|[cm]?js|cpp|h|py)$/.test(name))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
);

const read = new Set<string>();
for (const text of sources) {
  for (const pattern of READS) for (const [, name = ''] of text.matchAll(pattern)) read.add(name);
  for (const [, names = ''] of text.matchAll(DESTRUCTURED))
    for (const name of names.split(',')) read.add(name.trim());
}

const [ours = '', others = ''] = PAGE.split('## Read by others');
const rows = (text: string) =>
  [...text.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);

test('names every variable that the sources read', () => {
  const documented = new Set(rows(ours));
  expect([...read].filter((name) => !documented.has(name))).toEqual([]);
  expect(read.size).toBeGreaterThan(15);
});

test('names no variable that nothing reads', () => {
  const all = sources.join('\n');
  expect(rows(ours).filter((name) => !new RegExp(`\\b${name}\\b`).test(all))).toEqual([]);
  expect(rows(others).filter((name) => read.has(name))).toEqual([]);
});
