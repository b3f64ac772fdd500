import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { red } from '../core/colors.js';
import { GoogLeNetError } from '../core/errors.js';
import type { Terminal } from '../core/terminal.js';

export const EXIT_FAILURE = 1;
/** The command line is wrong; nothing was done. */
const EXIT_USAGE = 2;

/**
 * Prints an error as `CODE: message`, and its stack on request.
 * @returns the exit status.
 */
export function reportFailure(terminal: Terminal, error: unknown, withStack: boolean): number {
  // commander has printed its message already; --help and --version are not failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const code = error instanceof GoogLeNetError ? error.code : null;
  const message = error instanceof Error ? error.message : String(error);
  // Further lines are indented: a line break in a name cannot fake a message of its own.
  terminal.tell(`${red(code ?? 'Unexpected error')}: ${message.replaceAll('\n', '\n  ')}`);
  if (withStack) terminal.tell(inspect(error));
  else if (code === null) terminal.tell('Run the command again with --verbose to see where it happened.');
  return code === 'INVALID_ARGUMENT' ? EXIT_USAGE : EXIT_FAILURE;
}
