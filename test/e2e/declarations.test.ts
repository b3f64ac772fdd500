/** What the package ships for TypeScript. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PACKAGE_ROOT } from '../support/child.js';

const DIST = join(PACKAGE_ROOT, 'dist');

/** Every file of declarations that the public API leads to, by the chain of files that leads there. */
function reachable(): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  const follow = (file: string, chain: string[]): void => {
    if (chains.has(file)) return;
    chains.set(file, [...chain, relative(DIST, file)]);
    const text = readFileSync(file, 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g))
      follow(join(dirname(file), specifier.replace(/\.js$/, '.d.ts')), [...chain, relative(DIST, file)]);
  };
  follow(join(DIST, 'index.d.ts'), []);
  return chains;
}

test('the public declarations do not lead to those of the addon', () => {
  const found = reachable();
  expect(found.size).toBeGreaterThan(30);
  const leaks = [...found].filter(
    ([file]) =>
      file.endsWith('/native/binding-types.d.ts') || /\bNative[A-Z]\w*/.test(readFileSync(file, 'utf8')),
  );
  expect(leaks.map(([, chain]) => chain.join(' → '))).toEqual([]);
});
