import { Command } from 'commander';
import { formatPercent } from '../../core/format.js';
import type { ValuesOf } from '../../core/settings.js';
import type { Terminal } from '../../core/terminal.js';
import { SETTINGS } from '../../run/settings.js';
import { examples } from '../examples.js';
import { addSettings } from '../flags.js';
import { transformInput, transformInputs } from '../transform-input.js';

const { maxPixels, autoOrient } = SETTINGS;
const OPTIONS = { maxPixels, autoOrient, transformInput };

const EXAMPLES = `
  $ googlenet explain runs/first/model.safetensors cat.jpg --out cat-explained.png
  $ googlenet explain model.pth cat.jpg --class tabby
  $ googlenet explain model.safetensors cat.jpg --target-layer inception_4e

The PNG shows the class, its probability and the target layer; below them the image as the model sees it, and next to it the same image
with a heat map (Grad-CAM, Selvaraju et al. 2017). The brighter a position, the more its activations speak for the class; a position without
color does not speak for it. The color scale on the right goes from 0 to the strongest position of this image, so colors of two images
cannot be compared.`;

interface ExplainFlags extends ValuesOf<typeof OPTIONS> {
  out: string;
  class?: string;
  targetLayer?: string;
}

/** `googlenet explain`: where in an image a model sees a class. */
export function explainCommand(terminal: Terminal): Command {
  const command = new Command('explain')
    .description('show where in an image a model sees a class (Grad-CAM)')
    .argument('<weights>', 'a file of weights or a checkpoint')
    .argument('<image>', 'an image')
    .option('--out <file>', 'the image that is written', 'explained.png')
    .option('--class <name>', 'a class by name or index (default: the most likely one)')
    .option('--target-layer <name>', 'a module whose output has spatial positions (default: the last one)')
    .addHelpText('after', examples(EXAMPLES));
  addSettings(command, OPTIONS);
  return command.action(
    async (weights: string, image: string, { out, transformInput: typed, ...options }: ExplainFlags) => {
      if (!/\.png$/i.test(out)) return command.error(`error: --out must end with .png, but is '${out}'`);
      const { openWeights } = await import('../weights-file.js');
      const { loadModelFrom } = await import('../../models/load.js');
      const { explain } = await import('../../inference/explain.js');
      const { writeFileAtomic } = await import('../../core/files/atomic-file.js');
      const opened = await openWeights(weights);
      const load = async () => {
        const [own] = transformInputs(terminal, [opened], typed ?? null);
        return loadModelFrom(opened.file, own);
      };
      const model = await load().finally(() => opened.file.close());
      try {
        const { label, probability, targetLayer, png } = await explain(model, image, options);
        await writeFileAtomic(out, [png]);
        terminal.print(`${out}: ${label}, ${formatPercent(probability)}, at ${targetLayer}`);
      } finally {
        model.dispose();
      }
    },
  );
}
