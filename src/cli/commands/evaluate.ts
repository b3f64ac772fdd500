import { Command } from 'commander';
import type { Evaluation } from '../evaluation.js';
import { toOptions, type ValuesOf, withDefaults } from '../flags.js';
import { formatCount, formatJson, formatPercent, formatTable, plural } from '../output.js';
import { SETTINGS } from '../training/settings.js';

const { batchSize, auxWeight, resize, crop, device, threads, channelsLast, precision } = SETTINGS;
const OPTIONS = { batchSize, auxWeight, resize, crop, device, threads, channelsLast, precision };
export type EvaluateSettings = ValuesOf<typeof OPTIONS>;

const EXAMPLES = `
Examples:
  $ googlenet evaluate runs/first/model.safetensors pictures/test
  $ googlenet evaluate runs/first/best.safetensors pictures/test --json > scores.json
  $ googlenet evaluate runs/fashion/model.safetensors fashion-mnist        the test pictures of idx files

The loss is that of training: cross entropy of the main head plus --aux-weight times that of each auxiliary head.`;

/** `googlenet evaluate`: how well a model does on a folder of pictures. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('score a model on a folder of pictures')
    .argument('<weights>', 'a file of weights or a checkpoint')
    .argument('<dir>', 'pictures, one subfolder for each class, or idx files')
    .option('--json', 'print one JSON document');
  for (const [name, setting] of Object.entries(OPTIONS)) {
    for (const option of toOptions(name, setting)) command.addOption(option);
  }
  return command.addHelpText('after', EXAMPLES).action(async (weights: string, dir: string) => {
    const { evaluateModel } = await import('../evaluation.js');
    const { json, ...typed } = command.opts();
    const settings = withDefaults(OPTIONS, typed);
    const { status, evaluation } = await evaluateModel(weights, dir, settings);
    if (evaluation) console.log(json ? formatJson(evaluation) : formatEvaluation(evaluation));
    process.exitCode = status;
  });
}

function formatEvaluation({ weights, dir, pictures, loss, top1, top5, classes }: Evaluation): string {
  const rows = classes.map((entry) => [
    entry.name,
    formatCount(entry.pictures),
    formatCount(entry.correct),
    formatPercent(entry.top1),
    entry.loss.toFixed(4),
  ]);
  return [
    `${weights} on ${plural(pictures, 'picture')} of ${dir}`,
    `loss ${loss.toFixed(4)}  top-1 ${formatPercent(top1)}  top-5 ${formatPercent(top5)}`,
    '',
    formatTable(
      [['class', 'pictures', 'correct', 'top-1', 'loss'], ...rows],
      ['left', 'right', 'right', 'right', 'right'],
    ),
  ].join('\n');
}
