import { Command, Option } from 'commander';
import { GoogLeNetError } from '../../core/errors.js';
import type { Terminal } from '../../core/terminal.js';
import { integer, string } from '../../core/validation.js';
import { SETTING_NAMES, SETTINGS, type TrainingSettings } from '../../run/settings.js';
import { examples } from '../examples.js';
import { toOptions } from '../flags.js';
import type { DashboardFlags } from './run.js';

/** The flags as `--help` groups them. */
const GROUPS = {
  'Training:': [
    'epochs',
    'steps',
    'batchSize',
    'gradientAccumulationSteps',
    'seed',
    'patience',
    'patienceMetric',
  ],
  'Checkpoints:': ['everyNTrainSteps', 'saveLastK', 'saveTopK', 'everyNEpochs'],
  'Optimizer (SGD):': [
    'lr',
    'momentum',
    'dampening',
    'weightDecay',
    'nesterov',
    'fused',
    'maxGradNorm',
    'emaDecay',
  ],
  'Schedule of the learning rate:': ['schedule', 'stepSize', 'gamma', 'power', 'warmupSteps'],
  'Loss:': ['auxWeight', 'labelSmoothing', 'classWeights'],
  'Model:': ['architecture', 'auxLogits', 'dropout', 'dropoutAux', 'initWeights', 'transformInput'],
  'Fine-tuning:': ['resetClassifier', 'headLr', 'freeze'],
  'Images:': ['resize', 'crop', 'augment', 'maxPixels', 'autoOrient', 'onDecodeError', 'validationSplit'],
  'Computation:': ['device', 'threads', 'channelsLast', 'precision'],
  'On CUDA:': [
    'cudnnBenchmark',
    'cudnnAllowTf32',
    'matmulAllowTf32',
    'cudnnDeterministic',
    'deterministicAlgorithms',
  ],
} as const satisfies Record<string, readonly (keyof typeof SETTINGS)[]>;

const EXAMPLES = `
  $ googlenet train --data images --out runs/first
        images/train/<class>/*.jpg, and images/val/ or images/test/ for validation
  $ googlenet train --train a --validation b --out runs/second --epochs 60 --batch-size 64 --lr 0.02
  $ googlenet train --resume runs/second
        resumes where it was interrupted, and ends with the same weights as if it had not been
  $ googlenet train --resume runs/second --epochs 80
  $ googlenet train --data images --weights runs/first/model.safetensors --out runs/third

The folder of a run holds settings.json, metrics.jsonl, checkpoints/step-….safetensors, model.safetensors (the final
weights), best.safetensors (those of the epoch that was best on the validation images), report.html and its curves as
.svg and .png, and events.out.tfevents.… for TensorBoard. Ctrl-C finishes the step, writes a checkpoint and says how to
resume.`;

/** `googlenet train`: exit status 130 when Ctrl-C interrupted it. */
export function trainCommand(terminal: Terminal): Command {
  const command = new Command('train')
    .description('train a model on folders of images')
    .addOption(
      new Option(
        '--data <dir>',
        'folder with train/, and val/, validation/ or test/; or with idx files',
      ).conflicts(['train', 'validation']),
    )
    .option('--train <dir>', 'training images, one subfolder for each class')
    .option('--validation <dir>', 'images to score the model on after each epoch')
    .option('--out <dir>', 'folder of the run, which must not hold one yet')
    .addOption(
      new Option('--resume <dir>', 'resume the run in this folder').conflicts(['out', 'weights', 'classes']),
    )
    .option('--dashboard [port]', 'show the run live on a local web page')
    .option(
      '--host <address>',
      'address of that page; others than loopback let other machines look',
      '127.0.0.1',
    )
    .option('--classes <names>', 'names for the classes of idx files: fashion-mnist, or a,b,…')
    .addOption(
      new Option('--weights <file>', 'start from these weights or this checkpoint').conflicts('initWeights'),
    );
  for (const [heading, names] of Object.entries(GROUPS)) {
    const options = names.flatMap((name) => toOptions(name, SETTINGS[name]));
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
  return command.addHelpText('after', examples(EXAMPLES)).action(async () => {
    const { runTraining } = await import('./run.js');
    const { data, train, validation, out, resume, weights, classes } = command.opts<Record<string, string>>();
    const texts = Object.entries({ data, train, validation, out, resume, weights, classes });
    const paths = Object.fromEntries(texts.filter(([, value]) => value !== undefined));
    const settings = typedSettings(command);
    terminal.status = await runTraining(
      terminal,
      { ...paths, settings },
      { dashboard: readDashboard(command), isVerbose: command.optsWithGlobals().verbose === true },
    );
  });
}

function readDashboard(command: Command): DashboardFlags | null {
  const { dashboard, host } = command.opts<Record<string, unknown>>();
  if (dashboard === undefined) {
    if (command.getOptionValueSource('host') === 'default') return null;
    throw new GoogLeNetError('INVALID_ARGUMENT', '--host needs --dashboard.');
  }
  const port = dashboard === true ? 0 : integer('--dashboard', Number(dashboard), 0, 65_535);
  return { port, host: string('--host', host) };
}

/** Those that were typed: a resumed run must tell them from defaults. */
function typedSettings(command: Command): Partial<TrainingSettings> {
  const names = SETTING_NAMES.filter((name) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(names.map((name) => [name, command.getOptionValue(name)]));
}
