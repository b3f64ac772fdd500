import { readFileSync } from 'node:fs';
import { nameOfBytes } from '../core/files/file-names.js';

/** Node replaces bytes that are not UTF-8 by this. */
const REPLACEMENT = '\ufffd';

/**
 * The arguments of this program. Node reads them as UTF-8 and loses all other bytes, which a file name may contain, so those
 * arguments are read from the kernel again.
 */
export function commandLineArguments(
  decoded: readonly string[] = process.argv.slice(2),
  source = '/proc/self/cmdline',
): readonly string[] {
  if (!decoded.some((argument) => argument.includes(REPLACEMENT))) return decoded;
  try {
    const all = argumentsIn(readFileSync(source)).slice(-decoded.length);
    // A process that changes its title overwrites them.
    return decoded.map((text, i) => (all[i]?.toString('utf8') === text ? nameOfBytes(all[i]) : text));
  } catch {
    return decoded;
  }
}

/** Each ends with a NUL. */
function argumentsIn(line: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0; start < line.length; ) {
    const end = line.indexOf(0, start);
    found.push(line.subarray(start, end === -1 ? line.length : end));
    start = end === -1 ? line.length : end + 1;
  }
  return found;
}
