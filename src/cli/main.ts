#!/usr/bin/env node
import { Command } from 'commander';
import { compareCommand } from './commands/compare.js';
import { convertCommand } from './commands/convert.js';
import { dashboardCommand } from './commands/dashboard.js';
import { doctorCommand } from './commands/doctor.js';
import { downloadCommand } from './commands/download.js';
import { drawCommand } from './commands/draw.js';
import { evaluateCommand } from './commands/evaluate.js';
import { explainCommand } from './commands/explain.js';
import { infoCommand } from './commands/info.js';
import { predictCommand } from './commands/predict.js';
import { setupCommand } from './commands/setup.js';
import { trainCommand } from './commands/train.js';
import { reportFailure } from './failure.js';
import { packageVersion } from './version.js';

const EXAMPLES = `
Examples:
  $ googlenet doctor                                                  is everything there?
  $ googlenet train --data pictures --out runs/first                  train
  $ googlenet evaluate runs/first/model.safetensors pictures/test     score
  $ googlenet predict runs/first/model.safetensors cat.jpg            use
  $ googlenet dashboard runs/first                                    watch
  $ googlenet compare runs/first runs/second --out compare.html       which one is better, and why
  $ googlenet train --help                                            every option, with examples

Exit status: 0 success, 1 failure, 2 wrong usage, 130 interrupted by Ctrl-C.`;

/** A command's code is loaded by its action, so that help and errors of usage come at once. */
function createProgram(): Command {
  const program = new Command('googlenet')
    .description('Train and use GoogLeNet (Inception v1), its forms and Xception on libtorch.')
    .version(packageVersion(), '--version', 'print the version')
    .option('--verbose', 'print the stack of an error (also where DEBUG is set)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXAMPLES)
    // Errors come back to `main` instead of ending the process.
    .exitOverride();
  const commands = [
    trainCommand(),
    evaluateCommand(),
    predictCommand(),
    dashboardCommand(),
    compareCommand(),
    infoCommand(),
    explainCommand(),
    convertCommand(),
    drawCommand(),
    downloadCommand(),
    doctorCommand(),
    setupCommand(),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}

async function main(): Promise<void> {
  // `googlenet info … | head`: the reader has what it wanted. A run goes on without it.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const program = createProgram();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = reportFailure(error, program.opts().verbose === true || Boolean(process.env.DEBUG));
  }
}

main();
