import { Command } from 'commander';
import { formatCount, formatMegabytes } from '../../core/format.js';
import type { Terminal } from '../../core/terminal.js';
import { examples } from '../examples.js';
import { addSettings } from '../flags.js';
import { type TransformInput, transformInput, transformInputs } from '../transform-input.js';

const EXAMPLES = `
  $ googlenet convert checkpoint.pth model.safetensors
  $ googlenet convert runs/first/model.safetensors model.pth
  $ googlenet convert runs/first/checkpoints/step-00001000.safetensors model.safetensors
  $ googlenet convert model.safetensors parallel.pth --prefix module.`;

interface ConvertFlags extends TransformInput {
  prefix?: string;
}

/** `googlenet convert`: needs no libtorch. */
export function convertCommand(terminal: Terminal): Command {
  const command = new Command('convert')
    .description('write weights in another format')
    .argument('<from>', 'safetensors, an index of several, a torch.save file, or a checkpoint')
    .argument('<to>', 'the file to write; its name ends with .safetensors, .pth or .pt')
    .option('--prefix <text>', 'prefix for the names of the tensors');
  return addSettings(command, { transformInput })
    .addHelpText('after', examples(EXAMPLES))
    .action(async (from: string, to: string, { prefix, transformInput: typed }: ConvertFlags) => {
      const { openWeights } = await import('../weights-file.js');
      const { convertWeightsFrom } = await import('../../models/convert-weights.js');
      const weights = await openWeights(from);
      const convert = async () => {
        const [own] = transformInputs(terminal, [weights], typed ?? null);
        return convertWeightsFrom(weights.file, to, { ...own, ...(prefix !== undefined && { prefix }) });
      };
      const { tensors, bytes, lost } = await convert().finally(() => weights.file.close());
      terminal.print(`${to}: ${formatCount(tensors)} tensors, ${formatMegabytes(bytes)}.`);
      if (lost.length > 0) {
        const names = lost.join(', ');
        terminal.tell(`The format cannot store ${names}: pass them as options where the weights are loaded.`);
      }
    });
}
