import { existsSync } from 'node:fs';

/** The folder of Debian's package with the images. */
export const DEBIAN = '/usr/share/datasets/fashion-mnist';

/** Ends the program when the images do not exist. */
export function requireData(dir) {
  if (existsSync(dir)) return;
  const message = `There is no ${dir}. On Debian and Ubuntu: sudo apt-get install dataset-fashion-mnist. Else give --data.`;
  console.error(message);
  process.exit(2);
}
