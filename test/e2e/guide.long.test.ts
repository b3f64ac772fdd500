/** The guide and the recipes say what is so: every code block passes the compiler and runs. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../support/child.js';
import { testPages } from './documents.js';

const pagesOf = (folder: string) =>
  readdirSync(join(PACKAGE_ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => join(folder, name));

testPages([...pagesOf('docs/guide'), ...pagesOf('docs/recipes')]);
