import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../lib/bootstrap.mjs';
import { refuse } from '../lib/flags.mjs';

const SAMPLE = join(root, 'scripts/sample/fashion-mnist');

/** The classes of `--classes A,B`. Ends the program for a class that the bundled sample lacks. */
export function readClasses(text) {
  const classes = text.split(',');
  const unknown = classes.find((name) => name === '' || !existsSync(join(SAMPLE, 'train', name)));
  if (unknown !== undefined) refuse(`--classes: there is no '${unknown}' among the bundled images.`);
  return classes;
}

/** A folder in `out` with links to these classes of the sample. Existing links stay. */
export function linkClasses(out, classes) {
  const data = join(out, 'data', classes.join('+'));
  for (const part of ['train', 'test']) {
    const folder = resolve(root, data, part);
    mkdirSync(folder, { recursive: true });
    for (const name of classes) {
      const link = join(folder, name);
      if (!existsSync(link)) symlinkSync(join(SAMPLE, part, name), link);
    }
  }
  return data;
}
