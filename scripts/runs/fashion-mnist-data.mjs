import { existsSync } from 'node:fs';

/** Where Debian's package puts the pictures. */
export const DEBIAN = '/usr/share/datasets/fashion-mnist';

/** Ends the program where the pictures are not there. */
export function requireData(dir) {
  if (existsSync(dir)) return;
  const message = `There is no ${dir}. On Debian and Ubuntu: sudo apt-get install dataset-fashion-mnist. Else give --data.`;
  console.error(message);
  process.exit(2);
}
