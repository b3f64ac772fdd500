import { Command, Option } from 'commander';
import type { Terminal } from '../../core/terminal.js';
import { NETWORKS } from '../train/settings.js';

const EXAMPLES = `
Examples:
  $ googlenet draw reference.svg
  $ googlenet draw xception.png --network xception
  $ googlenet draw model.svg --weights runs/first/model.safetensors`;

/** `googlenet draw`: the architecture as an image. */
export function drawCommand(terminal: Terminal): Command {
  return new Command('draw')
    .description('draw the architecture of a network')
    .argument('<image>', 'a file that ends with .svg or .png')
    .addOption(new Option('--network <name>', 'which one').choices(NETWORKS).default('reference'))
    .addOption(new Option('--weights <file>', 'draw the network in this file').conflicts('network'))
    .option('--no-aux-logits', 'leave out the two auxiliary heads')
    .addHelpText('after', EXAMPLES)
    .action(async (image: string, flags: { network: string; weights?: string; auxLogits: boolean }) => {
      const { drawNetwork } = await import('./draw.js');
      await drawNetwork(image, flags);
      terminal.print(image);
    });
}
