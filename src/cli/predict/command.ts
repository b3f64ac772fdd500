import { Command } from 'commander';
import { formatJson, formatTable, heading, plural } from '../../core/format.js';
import { printableLine } from '../../core/printable.js';
import { withDefaults } from '../../core/settings.js';
import type { Terminal } from '../../core/terminal.js';
import { examples } from '../examples.js';
import { EXIT_FAILURE } from '../failure.js';
import { addSettings } from '../flags.js';
import type { Heads, ImageClassification, SkippedImage } from './predict.js';
import { OPTIONS } from './settings.js';

const EXAMPLES = `
  $ googlenet predict runs/first/model.safetensors cat.jpg
  $ googlenet predict runs/first/model.safetensors images/*.png --top-k 1
  $ googlenet predict runs/first/model.safetensors cat.jpg --json

Images are prepared as the published weights expect: short edge to 256, then the central 224 × 224. Results are printed as they come. The
first image that cannot be read ends the command with status 1, after the results of those before it; with --on-decode-error skip such images
are named and counted on standard error, and the status is 0 unless there was no other.`;

/** `googlenet predict`: what is in images. */
export function predictCommand(terminal: Terminal): Command {
  const command = new Command('predict')
    .description('say what is in images')
    .argument('<weights>', 'a file of weights or a checkpoint')
    .argument('<images...>', 'JPEG, PNG, WebP, GIF, TIFF or AVIF images')
    .option('--json', 'print one JSON document');
  return addSettings(command, OPTIONS)
    .addHelpText('after', examples(EXAMPLES))
    .action(async (weights: string, images: string[]) => {
      const { predict } = await import('./predict.js');
      const { json, ...typed } = command.opts();
      const settings = withDefaults(OPTIONS, typed);
      const predictions: ImageClassification[] = [];
      const skipped: SkippedImage[] = [];
      let done = 0;
      try {
        for await (const result of predict(terminal, weights, images, settings)) {
          if ('reason' in result) {
            skipped.push(result);
            terminal.tell(`Skipped: ${printableLine(result.reason)}`);
            continue;
          }
          done++;
          if (json) predictions.push(result);
          else terminal.print(formatClassification(result));
        }
      } finally {
        // What came before an error is worth having.
        if (json && done + skipped.length > 0) terminal.print(formatJson({ weights, predictions, skipped }));
      }
      if (skipped.length === 0) return;
      terminal.tell(`${plural(skipped.length, 'image')} of ${images.length} skipped.`);
      if (done === 0) terminal.status = EXIT_FAILURE;
    });
}

const HEADS = ['main', 'aux1', 'aux2'] as const satisfies (keyof Heads)[];

function formatClassification(classification: ImageClassification): string {
  const heads = HEADS.filter((head) => classification[head] !== null);
  const ranks = classification.main.map((_, rank) => [
    '',
    String(rank + 1),
    ...heads.flatMap((head) => {
      const entry = classification[head]?.[rank];
      return entry ? [entry.label, entry.probability.toFixed(4)] : [];
    }),
  ]);
  // One head needs no heading.
  const title = heads.length > 1 ? [heading(['', '', ...heads.flatMap((head) => [head, ''])])] : [];
  const columns = heads.flatMap(() => ['left', 'right'] as const);
  return [
    printableLine(classification.image),
    formatTable([...title, ...ranks], ['left', 'right', ...columns]),
    '',
  ].join('\n');
}
