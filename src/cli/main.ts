#!/usr/bin/env node
import { Command } from 'commander';
import { bold, red, widthOf } from '../core/colors.js';
import { type Host, Terminal } from '../core/terminal.js';
import { commandLineArguments } from './arguments.js';
import { compareCommand } from './compare/command.js';
import { convertCommand } from './convert/command.js';
import { dashboardCommand } from './dashboard/command.js';
import { doctorCommand } from './doctor/command.js';
import { downloadCommand } from './download/command.js';
import { drawCommand } from './draw/command.js';
import { evaluateCommand } from './evaluate/command.js';
import { examples } from './examples.js';
import { explainCommand } from './explain/command.js';
import { reportFailure } from './failure.js';
import { infoCommand } from './info/command.js';
import { predictCommand } from './predict/command.js';
import { setupCommand } from './setup/command.js';
import { trainCommand } from './train/command.js';
import { packageVersion } from './version.js';

const EXAMPLES = `
  $ googlenet doctor                                               check the installation
  $ googlenet train --data images --out runs/first                 train
  $ googlenet evaluate runs/first/model.safetensors images/test    measure the accuracy
  $ googlenet predict runs/first/model.safetensors cat.jpg         classify an image
  $ googlenet dashboard runs/first                                 watch a run
  $ googlenet compare runs/first runs/second --out compare.html    compare runs
  $ googlenet train --help                                         all options, with examples

Exit status: 0 success, 1 failure, 2 wrong usage, 130 interrupted by Ctrl-C.`;

/** Each action loads the code of its command, so that help and usage errors appear at once. */
function createProgram(terminal: Terminal): Command {
  const program = new Command('googlenet')
    .description('Train and use GoogLeNet (Inception v1), its variants and Xception on libtorch.')
    .version(packageVersion(), '--version', 'print the version')
    .option('--verbose', 'print the stack of an error (DEBUG=1 does too) and all settings of a training')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns ?? 80,
      getErrHelpWidth: () => terminal.stderr.columns ?? 80,
      outputError: (text, write) => write(text.replace(/^error:/, red('error:'))),
    })
    .configureHelp({ showGlobalOptions: true, styleTitle: bold, displayWidth: widthOf })
    .addHelpText('after', examples(EXAMPLES))
    // Errors return to `main` instead of ending the process.
    .exitOverride();
  const commands = [
    trainCommand(terminal),
    evaluateCommand(terminal),
    predictCommand(terminal),
    dashboardCommand(terminal),
    compareCommand(terminal),
    infoCommand(terminal),
    explainCommand(terminal),
    convertCommand(terminal),
    drawCommand(terminal),
    downloadCommand(terminal),
    doctorCommand(terminal),
    setupCommand(terminal),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}

/**
 * Runs one command, in any process: it writes the files that it is told to and changes nothing else.
 *
 * @param argv what follows the name of the program, e.g. `['info', 'model.safetensors']`
 * @param host its streams, and the source of Ctrl-C
 * @returns the exit status. Errors are printed, not thrown.
 */
export async function main(argv: readonly string[], host: Host = process): Promise<number> {
  const terminal = new Terminal(host);
  const program = createProgram(terminal);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    const withStack = program.opts().verbose === true || Boolean(process.env.DEBUG);
    terminal.status = reportFailure(terminal, error, withStack);
  }
  return terminal.close();
}

if (require.main === module) {
  main(commandLineArguments()).then((status) => {
    process.exitCode = status;
  });
}
