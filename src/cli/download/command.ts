import { Command } from 'commander';
import type { Terminal } from '../../core/terminal.js';
import { examples } from '../examples.js';

const EXAMPLES = `
  $ googlenet download imagenet1k-v1 imagenet.safetensors
  $ googlenet predict imagenet.safetensors cat.jpg
  $ googlenet download imagenet1k-v1 imagenet.safetensors --from googlenet-1378be20.pth        without a network

The published file is kept in GOOGLENET_CACHE, or in googlenet among the user's caches. GOOGLENET_MIRROR names another server that has it;
HTTPS_PROXY and NO_PROXY are honoured.`;

/** `googlenet download`: published weights, on request only, with the names of their classes. */
export function downloadCommand(terminal: Terminal): Command {
  return new Command('download')
    .description('write published weights into a file, downloaded where they are not there yet')
    .argument('<name>', 'imagenet1k-v1: ImageNet, 1000 classes, 69.8 % top-1 (52 MB)')
    .argument('<file>', 'the safetensors file that is written')
    .option('--from <file>', 'the published file, where it was downloaded by other means')
    .addHelpText('after', examples(EXAMPLES))
    .action(async (name: 'imagenet1k-v1', file: string, { from }: { from?: string }) => {
      const { downloadWeights } = await import('./download.js');
      if (await downloadWeights(terminal, name, file, from)) terminal.print(file);
    });
}
