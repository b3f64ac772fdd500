import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { red } from '../core/colors.js';
import { GoogLeNetError } from '../core/errors.js';
import type { Terminal } from '../core/terminal.js';

export const EXIT_FAILURE = 1;
/** The command was typed wrong: nothing was done. */
export const EXIT_USAGE = 2;

/**
 * Prints what went wrong as one line, `CODE: message`; the stack only where it is asked for.
 * @returns the exit status.
 */
export function reportFailure(terminal: Terminal, error: unknown, withStack: boolean): number {
  // commander has printed its own message, and help or a version is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const code = error instanceof GoogLeNetError ? error.code : null;
  const message = error instanceof Error ? error.message : String(error);
  // Further lines are indented: a line break in a name cannot fake a message of its own.
  terminal.tell(`${red(code ?? 'Unexpected error')}: ${message.replaceAll('\n', '\n  ')}`);
  if (withStack) terminal.tell(inspect(error));
  else if (code === null) terminal.tell('Run it again with --verbose to see where it happened.');
  return code === 'INVALID_ARGUMENT' ? EXIT_USAGE : EXIT_FAILURE;
}
