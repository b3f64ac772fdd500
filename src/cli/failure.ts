import { CommanderError } from 'commander';
import { GoogLeNetError } from '../errors.js';

export const EXIT_FAILURE = 1;
/** The command was typed wrong: nothing was done. */
export const EXIT_USAGE = 2;

/**
 * Prints what went wrong as one line, `CODE: message`; the stack only where it is asked for.
 * @returns the exit status.
 */
export function reportFailure(error: unknown, withStack: boolean): number {
  // commander has printed its own message, and help or a version is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof GoogLeNetError ? error.code : null;
  const hint = code === null ? ' (--verbose shows where)' : '';
  console.error(withStack ? (stack ?? message) : `${code ?? 'Unexpected error'}: ${message}${hint}`);
  return code === 'INVALID_ARGUMENT' ? EXIT_USAGE : EXIT_FAILURE;
}
