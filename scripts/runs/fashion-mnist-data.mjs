import { existsSync } from 'node:fs';

/** Where Debian's package puts the images. */
export const DEBIAN = '/usr/share/datasets/fashion-mnist';

/** Ends the program where the images are not there. */
export function requireData(dir) {
  if (existsSync(dir)) return;
  const message = `There is no ${dir}. On Debian and Ubuntu: sudo apt-get install dataset-fashion-mnist. Else give --data.`;
  console.error(message);
  process.exit(2);
}
