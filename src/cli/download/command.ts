import { Command } from 'commander';
import type { Terminal } from '../../core/terminal.js';
import { examples } from '../examples.js';

const EXAMPLES = `
  $ googlenet download imagenet1k-v1 imagenet.safetensors
  $ googlenet predict imagenet.safetensors cat.jpg
  $ googlenet download imagenet1k-v1 imagenet.safetensors --from googlenet-1378be20.pth
        without a network

The published file is cached in GOOGLENET_CACHE, by default in googlenet/ in the
cache folder of the user. GOOGLENET_MIRROR names another server to download
from; HTTPS_PROXY and NO_PROXY are honored.`;

/** `googlenet download`: published weights with the names of their classes. */
export function downloadCommand(terminal: Terminal): Command {
  return new Command('download')
    .description('write published weights into a file; downloads them once')
    .argument('<name>', 'imagenet1k-v1: ImageNet, 1000 classes, 69.8 % top-1 (52 MB)')
    .argument('<file>', 'the safetensors file to write')
    .option('--from <file>', 'the published file, if it was downloaded by other means')
    .addHelpText('after', examples(EXAMPLES))
    .action(async (name: 'imagenet1k-v1', file: string, { from }: { from?: string }) => {
      const { downloadWeights } = await import('./download.js');
      if (await downloadWeights(terminal, name, file, from)) terminal.print(file);
    });
}
