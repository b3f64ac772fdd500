import { basename, relative } from 'node:path';

/** Quoted for a POSIX shell where it has to be. */
export const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

/** How this program was started, as it can be typed again in the same folder. */
function program(script: string): string[] {
  if (script.includes('/node_modules/.bin/')) return ['npx', 'googlenet'];
  if (basename(script) === 'googlenet') return ['googlenet'];
  return ['node', relative('', script)];
}

/** The command line that runs `googlenet` again with other arguments. */
export const commandLine = (
  args: readonly string[],
  script: string = process.argv[1] ?? 'googlenet',
): string => [...program(script), ...args].map(quote).join(' ');
