import { Command, Option } from 'commander';
import { formatCount, formatJson, formatTable } from '../../core/format.js';
import type { Terminal } from '../../core/terminal.js';
import { ARCHITECTURES, type ArchitectureName } from '../../models/architectures.js';
import { examples } from '../examples.js';

const EXAMPLES = `
  $ googlenet info runs/first/model.safetensors
  $ googlenet info runs/first/checkpoints/step-00001000.safetensors --tensors
  $ googlenet info model.safetensors --json
  $ googlenet info model.pth --layers                  shapes, parameters, multiply-adds
  $ googlenet info --architecture xception --layers    without a file
  $ googlenet info --arithmetic                        why there are 1×1 reductions, and no large linear layers`;

interface InfoFlags {
  architecture?: ArchitectureName;
  layers?: boolean;
  arithmetic?: boolean;
  tensors?: boolean;
  json?: boolean;
}

/** `googlenet info`: what a file holds. Reads no values of tensors; only --layers needs libtorch. */
export function infoCommand(terminal: Terminal): Command {
  const command = new Command('info')
    .description('describe a file of weights, a checkpoint or an architecture')
    .argument('[weights]', 'a file of weights in any supported format, or a checkpoint')
    .addOption(
      new Option('--architecture <name>', 'describe an architecture instead of a file').choices(
        ARCHITECTURES,
      ),
    )
    .option('--layers', 'list every layer: shape of its output, parameters, multiply-adds')
    .option('--arithmetic', 'show what 1×1 reductions and the average pool save')
    .option('--tensors', 'list every tensor')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples(EXAMPLES));
  return command.action(async (path: string | undefined, flags: InfoFlags) => {
    const { architecture, layers, arithmetic, tensors } = flags;
    if (arithmetic && (path ?? architecture) !== undefined) {
      return command.error('error: --arithmetic takes neither a file nor --architecture');
    }
    if (tensors && (layers || path === undefined)) {
      return command.error('error: --tensors needs a file and cannot be used with --layers');
    }
    if (arithmetic) return printArithmetic(terminal, flags);
    if ((path === undefined) === (architecture === undefined)) {
      return command.error('error: give a file of weights, or --architecture');
    }
    if (layers || path === undefined) return printLayers(terminal, path, flags);
    return printFile(terminal, path, flags);
  });
}

async function printFile(terminal: Terminal, path: string, { tensors, json }: InfoFlags): Promise<void> {
  const { openWeights } = await import('../weights-file.js');
  const { formatInfo, formatTensors, inspect } = await import('./file.js');
  const weights = await openWeights(path);
  const info = await inspect(weights).finally(() => weights.file.close());
  const { tensors: listed, ...rest } = info;
  if (json) terminal.print(formatJson(tensors ? info : rest));
  else terminal.print(tensors ? `${formatInfo(info)}\n\n${formatTensors(listed)}` : formatInfo(info));
}

async function printLayers(
  terminal: Terminal,
  path: string | undefined,
  { architecture, json }: InfoFlags,
): Promise<void> {
  const { summarize, formatSummary } = await import('./layers.js');
  const summary = await summarize(path, architecture);
  terminal.print(json ? formatJson(summary) : formatSummary(summary));
}

async function printArithmetic(terminal: Terminal, { json }: InfoFlags): Promise<void> {
  const { arithmetic } = await import('../../models/summary.js');
  const { direct, reduced, fullyConnected } = arithmetic();
  if (json) terminal.print(formatJson({ direct, reduced, fullyConnected }));
  else {
    const rows = [
      ['5×5 convolution to 32 channels on 32×32×200', formatCount(direct), 'multiplications'],
      ['the same behind a 1×1 reduction to 16 channels', formatCount(reduced), 'multiplications'],
      [
        'linear layer from 7×7×1024 to 1024, in place of the average pool',
        formatCount(fullyConnected),
        'weights',
      ],
    ];
    terminal.print(formatTable(rows, ['left', 'right', 'left']));
  }
}
