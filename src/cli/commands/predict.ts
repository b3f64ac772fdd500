import { Command } from 'commander';
import { printableLine } from '../../printable.js';
import type { Terminal } from '../../terminal.js';
import { count, toggle, toOptions, type ValuesOf, withDefaults } from '../flags.js';
import { formatJson, formatTable } from '../output.js';
import type { Heads, Prediction } from '../prediction.js';
import { SETTINGS } from '../training/settings.js';
import { transformInput } from '../transform-input.js';

const { maxPixels, autoOrient, device, threads } = SETTINGS;
const OPTIONS = {
  topK: count(5, 'classes to show'),
  auxHeads: toggle(false, 'show what the two auxiliary heads see, too'),
  maxPixels,
  autoOrient,
  transformInput,
  device,
  threads,
};
export type PredictSettings = ValuesOf<typeof OPTIONS>;

const EXAMPLES = `
Examples:
  $ googlenet predict runs/first/model.safetensors cat.jpg
  $ googlenet predict runs/first/model.safetensors pictures/*.png --top-k 1
  $ googlenet predict runs/first/model.safetensors cat.jpg --json

Pictures are prepared as the published weights expect: short edge to 256, then the central 224 × 224.`;

/** `googlenet predict`: what is in pictures. */
export function predictCommand(terminal: Terminal): Command {
  const command = new Command('predict')
    .description('say what is in pictures')
    .argument('<weights>', 'a file of weights or a checkpoint')
    .argument('<images...>', 'JPEG, PNG, WebP, GIF, TIFF or AVIF pictures')
    .option('--json', 'print one JSON document');
  for (const [name, setting] of Object.entries(OPTIONS)) {
    for (const option of toOptions(name, setting)) command.addOption(option);
  }
  return command.addHelpText('after', EXAMPLES).action(async (weights: string, images: string[]) => {
    const { predict } = await import('../prediction.js');
    const { json, ...typed } = command.opts();
    const settings = withDefaults(OPTIONS, typed);
    const predictions: Prediction[] = [];
    for await (const prediction of predict(terminal, weights, images, settings)) {
      if (json) predictions.push(prediction);
      else terminal.print(formatPrediction(prediction));
    }
    if (json) terminal.print(formatJson({ weights, predictions }));
  });
}

const HEADS = ['main', 'aux1', 'aux2'] as const satisfies (keyof Heads)[];

function formatPrediction(prediction: Prediction): string {
  const heads = HEADS.filter((head) => prediction[head] !== null);
  const ranks = prediction.main.map((_, rank) => [
    '',
    String(rank + 1),
    ...heads.flatMap((head) => {
      const entry = prediction[head]?.[rank];
      return entry ? [entry.label, entry.probability.toFixed(4)] : [];
    }),
  ]);
  // One head needs no heading.
  const title = heads.length > 1 ? [['', '', ...heads.flatMap((head) => [head, ''])]] : [];
  const columns = heads.flatMap(() => ['left', 'right'] as const);
  return [
    printableLine(prediction.image),
    formatTable([...title, ...ranks], ['left', 'right', ...columns]),
    '',
  ].join('\n');
}
