import { Command, Option } from 'commander';
import type { Terminal } from '../../core/terminal.js';
import { ARCHITECTURES } from '../../models/architectures.js';
import { examples } from '../examples.js';
import type { DrawFlags } from './draw.js';

const EXAMPLES = `
  $ googlenet draw reference.svg
  $ googlenet draw xception.png --architecture xception
  $ googlenet draw model.svg --weights runs/first/model.safetensors`;

/** `googlenet draw`: the architecture as an image. */
export function drawCommand(terminal: Terminal): Command {
  return new Command('draw')
    .description('draw an architecture as a diagram')
    .argument('<image>', 'a file that ends with .svg or .png')
    .addOption(
      new Option('--architecture <name>', 'what to draw').choices(ARCHITECTURES).default('reference'),
    )
    .addOption(
      new Option('--weights <file>', 'draw the architecture of the model in this file').conflicts(
        'architecture',
      ),
    )
    .option('--no-aux-logits', 'leave out the two auxiliary heads')
    .addHelpText('after', examples(EXAMPLES))
    .action(async (image: string, flags: DrawFlags) => {
      const { drawArchitecture } = await import('./draw.js');
      await drawArchitecture(image, flags);
      terminal.print(image);
    });
}
