import { Command } from 'commander';
import { formatJson } from '../../core/format.js';
import { withDefaults } from '../../core/settings.js';
import type { Terminal } from '../../core/terminal.js';
import { examples } from '../examples.js';
import { addSettings, flagOf } from '../flags.js';
import { OF_WEIGHTS, OPTIONS } from './settings.js';

const EXAMPLES = `
  $ googlenet evaluate runs/first/model.safetensors images/test
  $ googlenet evaluate runs/first/best.safetensors images/test --per-class --confusion-matrix
  $ googlenet evaluate runs/first/best.safetensors images/test --json > evaluation.json
  $ googlenet evaluate runs/fashion/model.safetensors fashion-mnist        the test images of idx files
  $ googlenet evaluate --crops 10 a.safetensors b.safetensors images/test        two models, averaged
  $ googlenet evaluate model.plan images/test        an engine

The loss of one model and one crop is that of training: cross entropy of the main head plus --aux-weight times that of each auxiliary
head. The loss of an engine, of several models or of several crops is the cross entropy of the main heads' averaged probabilities, in fp32.

Precision, recall and F1 of a class are 0 where they are undefined: without predictions, without images, or without both. Their means
over classes leave out classes that have neither, as scikit-learn's macro averages do. --json has everything: all metrics of all classes
and the confusion matrix.

An image that cannot be read ends the command with status 1. With --on-decode-error skip such images are named on standard error, counted in the
result and left out of the scores; the status is 0 unless there was no other.`;

/** `googlenet evaluate`: how well a model or an engine, or several together, does on a folder of images. */
export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command('evaluate')
    .description('score a model or an engine, or several together, on a folder of images')
    .usage('[options] <weights...> <dir>')
    .argument(
      '<weights...>',
      'files of weights, checkpoints or plans of engines, and last the images: one subfolder for each class, or idx files',
    )
    .option('--json', 'print one JSON document')
    .option('--per-class', 'print images, precision, recall, F1 and loss of each class')
    .option('--confusion-matrix', 'print the whole confusion matrix in place of the most confused pairs');
  return addSettings(command, OPTIONS)
    .addHelpText('after', examples(EXAMPLES))
    .action(async (paths: string[]) => {
      const dir = paths.pop();
      if (dir === undefined || paths.length === 0)
        return command.error("error: missing required argument 'dir'");
      const { json, perClass = false, confusionMatrix = false, ...typed } = command.opts();
      const settings = withDefaults(OPTIONS, typed);
      const isTyped = (name: string) => command.getOptionValueSource(name) === 'cli';
      if ((paths.length > 1 || settings.crops !== '1') && (isTyped('auxWeight') || isTyped('precision')))
        return command.error('error: --aux-weight and --precision are for one model and one crop');
      if (settings.crops === '144' && isTyped('resize'))
        return command.error('error: --resize means nothing with --crops 144, which has sizes of its own');
      const { withClassifiers } = await import('./classifier-file.js');
      const { evaluateFiles } = await import('./evaluate.js');
      const { formatEvaluation } = await import('./format.js');
      const { status, evaluation } = await withClassifiers(paths, async (files) => {
        const ofWeights = files.some(({ weights }) => weights) ? undefined : OF_WEIGHTS.find(isTyped);
        if (ofWeights) command.error(`error: ${flagOf(ofWeights)} is for weights; an engine has its own`);
        return evaluateFiles(terminal, files, dir, settings);
      });
      // A result that goes into a file has lines as short as on a usual terminal.
      const columns = terminal.stdout.columns ?? 80;
      if (evaluation)
        terminal.print(
          json
            ? formatJson(evaluation)
            : formatEvaluation(evaluation, { perClass, confusionMatrix }, columns),
        );
      terminal.status = status;
    });
}
