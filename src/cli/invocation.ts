import { basename, relative } from 'node:path';

/** A path, relative where it lies in the current folder. */
export function shown(path: string): string {
  const short = relative('', path);
  return short === '' || short.startsWith('..') ? path : short;
}

/** Quoted for a POSIX shell where necessary. */
const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

/** The words that start this program again in the same folder. */
function program(script: string): string[] {
  if (script.includes('/node_modules/.bin/')) return ['npx', 'googlenet'];
  if (basename(script) === 'googlenet') return ['googlenet'];
  return ['node', shown(script)];
}

/** The command line that runs `googlenet` again with other arguments. */
export const commandLine = (
  args: readonly string[],
  script: string = process.argv[1] ?? 'googlenet',
): string => [...program(script), ...args].map(quote).join(' ');
