import { basename, relative } from 'node:path';

/** A path as somebody in the current folder would type it. */
export function shown(path: string): string {
  const short = relative('', path);
  return short === '' || short.startsWith('..') ? path : short;
}

/** Quoted for a POSIX shell where it has to be. */
export const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

/** How this program was started, as it can be typed again in the same folder. */
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
