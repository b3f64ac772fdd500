import { parseArgs } from 'node:util';
import { GoogLeNetError } from '../errors.js';
import { parseArgsOptions, resolveSetupOptions } from './options.js';
import { setUp } from './setup.js';
import { Steps } from './steps.js';

/** Exit status of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

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
 * @returns the exit status
 */
export async function runSetup(flags: string[] | Record<string, unknown>): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
  try {
    const options = resolveSetupOptions(Array.isArray(flags) ? parse(flags) : flags);
    await setUp(options, new Steps(), controller.signal);
    return 0;
  } catch (error) {
    if (controller.signal.aborted) {
      console.error('Interrupted. Run the same command again: it goes on with what is missing.');
      return INTERRUPTED;
    }
    if (!(error instanceof GoogLeNetError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    return 1;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop);
  }
}

if (require.main === module) {
  runSetup(process.argv.slice(2)).then((status) => {
    process.exitCode = status;
  });
}
