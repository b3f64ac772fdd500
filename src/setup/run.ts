import { parseArgs } from 'node:util';
import { GoogLeNetError } from '../core/errors.js';
import { Terminal } from '../core/terminal.js';
import { parseArgsOptions, resolveSetupOptions } from './options.js';
import { setUp } from './setup.js';
import { Steps } from './steps.js';

/** Exit status of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function parse(args: string[]): unknown {
  try {
    return parseArgs({ args, options: parseArgsOptions(), strict: true }).values;
  } catch (error) {
    throw new GoogLeNetError('INVALID_ARGUMENT', error instanceof Error ? error.message : String(error));
  }
}

/**
 * Runs the set-up as a program: prints progress, and an error as `CODE: message`.
 *
 * @param flags parsed flags by name, or arguments to parse
 * @param terminal where it prints, and hears of Ctrl-C: a second one ends the program
 * @returns the exit status
 */
export async function runSetup(
  flags: string[] | Record<string, unknown>,
  terminal: Terminal,
): Promise<number> {
  const controller = new AbortController();
  // A second one is not heard here, so it ends the program.
  const release = () => {
    for (const signal of SIGNALS) terminal.host.off(signal, stop);
  };
  const stop = (): void => {
    controller.abort();
    release();
  };
  for (const signal of SIGNALS) terminal.host.on(signal, stop);
  try {
    const options = resolveSetupOptions(Array.isArray(flags) ? parse(flags) : flags);
    await setUp(options, new Steps(terminal.stdout), controller.signal);
    return 0;
  } catch (error) {
    if (controller.signal.aborted) {
      terminal.tell('Interrupted. Run the same command again: it goes on with what is missing.');
      return INTERRUPTED;
    }
    if (!(error instanceof GoogLeNetError)) throw error;
    terminal.tell(`${error.code}: ${error.message}`);
    return 1;
  } finally {
    release();
  }
}

if (require.main === module) {
  const terminal = new Terminal(process);
  runSetup(process.argv.slice(2), terminal).then(async (status) => {
    await terminal.close();
    process.exitCode = status;
  });
}
