import { Command } from 'commander';
import { formatCount, formatJson, formatPercent, formatTable, heading, plural } from '../../core/format.js';
import { printableLine } from '../../core/printable.js';
import type { Terminal } from '../../core/terminal.js';
import { examples } from '../examples.js';
import { addSettings, choice, onDecodeError, type ValuesOf, withDefaults } from '../flags.js';
import { SETTINGS } from '../train/settings.js';
import { transformInput } from '../transform-input.js';
import { fitName, formatConfusion } from './confusion.js';
import type { EnsembleEvaluation } from './ensemble.js';
import type { Evaluation } from './evaluate.js';

const { batchSize, auxWeight, resize, crop, maxPixels, autoOrient } = SETTINGS;
const { device, threads, channelsLast, precision } = SETTINGS;
const crops = choice(
  '1',
  ['1', '10', '144'],
  'views of each image whose predictions are averaged (10: corners, center, mirrored; 144: the paper)',
);
const OPTIONS = {
  ...{ batchSize, auxWeight, resize, crop, crops, onDecodeError, maxPixels, autoOrient, transformInput },
  ...{ device, threads, channelsLast, precision },
};
export type EvaluateSettings = ValuesOf<typeof OPTIONS>;

const EXAMPLES = `
  $ googlenet evaluate runs/first/model.safetensors images/test
  $ googlenet evaluate runs/first/best.safetensors images/test --json > scores.json
  $ googlenet evaluate runs/fashion/model.safetensors fashion-mnist        the test images of idx files
  $ googlenet evaluate --crops 10 a.safetensors b.safetensors images/test        two models, averaged

The loss of one model and one crop is that of training: cross entropy of the main head plus --aux-weight times that of each auxiliary
head. Of several it is that of the main heads' averaged predictions, in fp32.

An image that cannot be read ends the command with status 1. With --on-decode-error skip such images are named on standard error, counted in the
result and left out of the scores; the status is 0 unless there was no other.`;

/** `googlenet evaluate`: how well a model, or several together, does on a folder of images. */
export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command('evaluate')
    .description('score a model, or several together, on a folder of images')
    .usage('[options] <weights...> <dir>')
    .argument(
      '<weights...>',
      'files of weights or checkpoints, and last the images: one subfolder for each class, or idx files',
    )
    .option('--json', 'print one JSON document');
  return addSettings(command, OPTIONS)
    .addHelpText('after', examples(EXAMPLES))
    .action(async (paths: string[]) => {
      const [first, ...others] = paths.slice(0, -1);
      const dir = paths.at(-1);
      if (first === undefined || dir === undefined)
        return command.error("error: missing required argument 'dir'");
      const { json, ...typed } = command.opts();
      const settings = withDefaults(OPTIONS, typed);
      const isPlain = others.length === 0 && settings.crops === '1';
      const isTyped = (name: string) => command.getOptionValueSource(name) === 'cli';
      if (!isPlain && (isTyped('auxWeight') || isTyped('precision'))) {
        return command.error('error: --aux-weight and --precision are for one model and one crop');
      }
      if (settings.crops === '144' && isTyped('resize')) {
        return command.error('error: --resize means nothing with --crops 144, which has sizes of its own');
      }
      const { status, evaluation, text } = isPlain
        ? await scoreOne(terminal, first, dir, settings)
        : await scoreAll(terminal, [first, ...others], dir, settings);
      if (text !== null) terminal.print(json ? formatJson(evaluation) : text);
      terminal.status = status;
    });
}

async function scoreOne(terminal: Terminal, weights: string, dir: string, settings: EvaluateSettings) {
  const { evaluateModel } = await import('./evaluate.js');
  const { status, evaluation } = await evaluateModel(terminal, weights, dir, settings);
  return { status, evaluation, text: evaluation && formatEvaluation(evaluation, columnsOf(terminal)) };
}

async function scoreAll(terminal: Terminal, weights: string[], dir: string, settings: EvaluateSettings) {
  const { evaluateEnsemble } = await import('./ensemble.js');
  const { status, evaluation } = await evaluateEnsemble(terminal, weights, dir, settings);
  return { status, evaluation, text: evaluation && formatEnsemble(evaluation, columnsOf(terminal)) };
}

/** Where the output goes into a file, lines are as short as on a usual terminal. */
const columnsOf = ({ stdout }: Terminal): number => stdout.columns ?? 80;

/** Of the numbers beside the name of a class. */
const CLASS_COLUMNS = 44;

type Scored = Pick<Evaluation, 'loss' | 'top1' | 'top5'>;

const formatScores = ({ loss, top1, top5 }: Scored): string =>
  `loss ${loss.toFixed(4)}  top-1 ${formatPercent(top1)}  top-5 ${formatPercent(top5)}`;

const formatSkipped = ({ length }: Evaluation['skipped']): string[] =>
  length > 0 ? [`${plural(length, 'image')} skipped`] : [];

function formatClasses(
  classes: readonly { name: string; images: number; correct: number; top1: number; loss: number }[],
  columns: number,
): string {
  const rows = classes.map((entry) => [
    fitName(entry.name, columns - CLASS_COLUMNS),
    formatCount(entry.images),
    formatCount(entry.correct),
    formatPercent(entry.top1),
    entry.loss.toFixed(4),
  ]);
  return formatTable(
    [heading(['class', 'images', 'correct', 'top-1', 'loss']), ...rows],
    ['left', 'right', 'right', 'right', 'right'],
  );
}

/** Only classes that have images are named; without all of them there is no matrix to head. */
function confusionOf(
  { classes, confusion }: Pick<EnsembleEvaluation, 'confusion'> & { classes: readonly { name: string }[] },
  columns: number,
): string[] {
  if (confusion === null || confusion.length !== classes.length) return [];
  const names = classes.map(({ name }) => name);
  return ['', formatConfusion(names, confusion, columns)];
}

const formatEvaluation = (evaluation: Evaluation, columns: number): string =>
  [
    printableLine(`${evaluation.weights} on ${plural(evaluation.images, 'image')} of ${evaluation.dir}`),
    formatScores(evaluation),
    ...formatSkipped(evaluation.skipped),
    '',
    formatClasses(evaluation.classes, columns),
    ...confusionOf(evaluation, columns),
  ].join('\n');

const formatEnsemble = (evaluation: EnsembleEvaluation, columns: number): string =>
  [
    printableLine(
      `${evaluation.weights.join(', ')} on ${plural(evaluation.images, 'image')} of ${evaluation.dir}, ${plural(evaluation.crops, 'crop')} of each`,
    ),
    formatScores(evaluation),
    ...formatSkipped(evaluation.skipped),
    '',
    formatClasses(
      evaluation.classes.filter(({ images }) => images > 0),
      columns,
    ),
    ...confusionOf(evaluation, columns),
  ].join('\n');
