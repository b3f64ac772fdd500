import { Command } from 'commander';
import { formatPercent } from '../../core/format.js';
import type { Terminal } from '../../core/terminal.js';
import { examples } from '../examples.js';
import { addSettings, type ValuesOf } from '../flags.js';
import { SETTINGS } from '../train/settings.js';
import { transformInput, transformInputs } from '../transform-input.js';

const { maxPixels, autoOrient } = SETTINGS;
const OPTIONS = { maxPixels, autoOrient, transformInput };

const EXAMPLES = `
  $ googlenet explain runs/first/model.safetensors cat.jpg --out cat-explained.png
  $ googlenet explain model.pth cat.jpg --class tabby
  $ googlenet explain model.safetensors cat.jpg --target-layer inception_4e`;

interface ExplainFlags extends ValuesOf<typeof OPTIONS> {
  out: string;
  class?: string;
  targetLayer?: string;
}

/** `googlenet explain`: where a network sees a class. */
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
      const { describeFile } = await import('../weights-file.js');
      const { loadModel } = await import('../../models/load.js');
      const { explain } = await import('../../inference/grad-cam.js');
      const { writeFileAtomic } = await import('../../core/files/atomic-file.js');
      const [own] = transformInputs(terminal, [await describeFile(weights)], typed ?? null);
      const model = await loadModel(weights, own);
      try {
        const { label, probability, png } = await explain(model, image, options);
        await writeFileAtomic(out, [png]);
        terminal.print(`${out}: ${label}, ${formatPercent(probability)}`);
      } finally {
        model.dispose();
      }
    },
  );
}
