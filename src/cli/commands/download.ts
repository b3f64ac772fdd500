import { Command } from 'commander';
import { formatMegabytes } from '../output.js';

const EXAMPLES = `
Examples:
  $ googlenet download imagenet1k-v1
  $ googlenet predict "$(googlenet download imagenet1k-v1)" cat.jpg
  $ GOOGLENET_MIRROR=https://mirror.example/models googlenet download imagenet1k-v1

Keeps the file in GOOGLENET_CACHE, or googlenet among the user's caches, and prints its path. HTTPS_PROXY and NO_PROXY are honoured.`;

/** `googlenet download`: published weights, on request only. */
export function downloadCommand(): Command {
  return new Command('download')
    .description('download published weights, where they are not there yet')
    .argument('<name>', 'imagenet1k-v1: 1000 classes, 69.8 % top-1 (52 MB)')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string) => {
      const { PUBLISHED } = await import('../../hub/published.js');
      const { fetchPublished } = await import('../../hub/fetch-published.js');
      const { oneOf } = await import('../../validate.js');
      const { createDisplay } = await import('../display.js');
      const names = PUBLISHED.map((published) => published.name);
      const published = PUBLISHED.find((one) => one.name === oneOf('name', name, names));
      if (!published) return;
      const display = createDisplay();
      try {
        const path = await fetchPublished(published, {
          onProgress: ({ receivedBytes, totalBytes }) => {
            const total = totalBytes ?? published.maxBytes;
            const details = formatMegabytes(receivedBytes);
            display.update({ label: published.file, done: receivedBytes, total, details });
          },
        });
        display.close();
        console.log(path);
      } finally {
        display.close();
      }
    });
}
