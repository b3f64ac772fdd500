import { Command, Option } from 'commander';
import type { Terminal } from '../../core/terminal.js';
import { SETUP_FLAGS } from '../../setup/options.js';
import { runSetup } from '../../setup/run.js';

const EXAMPLES = `
Examples:
  googlenet setup                            what is there already is left alone
  googlenet setup --cuda                     with the CUDA build of libtorch
  googlenet setup --libtorch path/to/torch   with a libtorch of your own
  LIBTORCH_USE_PYTORCH=1 googlenet setup     with the PyTorch of your Python`;

/** `googlenet setup`: finds or installs libtorch and builds the native addon. */
export function setupCommand(terminal: Terminal): Command {
  const command = new Command('setup').description('find or install libtorch and build the native addon');
  for (const [name, flag] of Object.entries(SETUP_FLAGS)) {
    const value = 'value' in flag ? ` <${flag.value}>` : '';
    command.addOption(new Option(`--${name}${value}`, flag.description));
  }
  return command.addHelpText('after', EXAMPLES).action(async (flags: Record<string, unknown>) => {
    terminal.status = await runSetup(flags, terminal);
  });
}
