import { resolve } from 'node:path';
import { Command } from 'commander';
import { GoogLeNetError } from '../../core/errors.js';
import { optionalChoice, optionalText, toggle, type ValuesOf, withDefaults } from '../../core/settings.js';
import type { Terminal } from '../../core/terminal.js';
import { DEFAULT_BUILD_DIR } from '../../setup/installed/paths.js';
import type { SetupOptions } from '../../setup/setup.js';
import { examples } from '../examples.js';
import { addSettings } from '../flags.js';
import { Interrupt } from '../interrupt.js';

const OPTIONS = {
  cuda: toggle(false, 'use the CUDA build of libtorch (default: where an NVIDIA driver is found)'),
  cpu: toggle(false, 'use the CPU build of libtorch'),
  libtorch: optionalText('dir', 'use the libtorch in this folder, which holds include/ and lib/'),
  builder: optionalChoice(
    ['cmake-js', 'node-gyp'],
    'what builds the addon (default: cmake-js, or node-gyp where CMake is missing)',
  ),
  buildDir: optionalText('dir', 'build into this folder (default: build)'),
  python: optionalText('path', 'Python to install libtorch with (default: python3)'),
  force: toggle(false, 'build again even if nothing has changed'),
};

const EXAMPLES = `
  $ googlenet setup                            leaves alone what is up to date
  $ googlenet setup --cuda                     with the CUDA build of libtorch
  $ googlenet setup --libtorch path/to/torch   with a libtorch of your own
  $ LIBTORCH_USE_PYTORCH=1 googlenet setup     with the PyTorch of your Python`;

/** `googlenet setup`: finds or installs libtorch and builds the native addon. Exit status 130 after Ctrl-C. */
export function setupCommand(terminal: Terminal): Command {
  const command = new Command('setup').description('find or install libtorch and build the native addon');
  return addSettings(command, OPTIONS)
    .addHelpText('after', examples(EXAMPLES))
    .action(async () => {
      const options = setupOptions(withDefaults(OPTIONS, command.opts()));
      const { setUp } = await import('../../setup/setup.js');
      const { Steps } = await import('../../setup/steps.js');
      const interrupt = new Interrupt(terminal.host, () => undefined);
      try {
        await setUp(options, new Steps(terminal.stdout), interrupt.signal);
      } catch (error) {
        // A program that was stopped can fail in many ways.
        if (interrupt.status === null) throw error;
        terminal.tell('Interrupted. Run the same command again: it continues with what is missing.');
        terminal.status = interrupt.status;
      } finally {
        interrupt.release();
      }
    });
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function setupOptions({ cuda, cpu, buildDir, ...flags }: ValuesOf<typeof OPTIONS>): SetupOptions {
  if (cuda && cpu) throw new GoogLeNetError('INVALID_ARGUMENT', 'Give either --cuda or --cpu, not both.');
  return {
    build: cuda ? 'cuda' : cpu ? 'cpu' : undefined,
    libtorch: flags.libtorch ?? undefined,
    builder: flags.builder ?? undefined,
    buildDir: buildDir === null ? DEFAULT_BUILD_DIR : resolve(buildDir),
    python: flags.python ?? undefined,
    force: flags.force,
  };
}
