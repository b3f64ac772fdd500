import { Command } from 'commander';
import type { Terminal } from '../../terminal.js';
import { formatCount, formatMegabytes } from '../output.js';

const EXAMPLES = `
Examples:
  $ googlenet convert checkpoint.pth model.safetensors
  $ googlenet convert runs/first/model.safetensors model.pth
  $ googlenet convert runs/first/checkpoints/step-00001000.safetensors model.safetensors
  $ googlenet convert model.safetensors parallel.pth --prefix module.`;

/** `googlenet convert`: needs no libtorch. */
export function convertCommand(terminal: Terminal): Command {
  return new Command('convert')
    .description('write weights in another format')
    .argument('<from>', 'safetensors, an index of several, a file of torch.save, or a checkpoint')
    .argument('<to>', 'a file that ends with .safetensors, .pth or .pt')
    .option('--prefix <text>', 'what the names of the tensors shall begin with')
    .addHelpText('after', EXAMPLES)
    .action(async (from: string, to: string, { prefix }: { prefix?: string }) => {
      const { convertWeights } = await import('../../convert.js');
      const { tensors, bytes, lost } = await convertWeights(from, to, prefix === undefined ? {} : { prefix });
      terminal.print(`${to}: ${formatCount(tensors)} tensors, ${formatMegabytes(bytes)}.`);
      if (lost.length > 0) {
        const names = lost.join(', ');
        terminal.tell(`The format has no room for ${names}: give that where the weights are loaded.`);
      }
    });
}
