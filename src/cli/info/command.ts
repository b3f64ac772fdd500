import { stat } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { fsPath } from '../../core/files/file-names.js';
import { formatCount, formatJson, formatMegabytes, formatTable } from '../../core/format.js';
import type { Terminal } from '../../core/terminal.js';
import { numberOfElements } from '../../core/validation.js';
import { isParameter } from '../../train/parameter-names.js';
import { NETWORKS } from '../train/settings.js';
import type { WeightsFile } from '../weights-file.js';

const EXAMPLES = `
Examples:
  $ googlenet info runs/first/model.safetensors
  $ googlenet info runs/first/checkpoints/step-00001000.safetensors --tensors
  $ googlenet info model.safetensors --json
  $ googlenet info model.pth --layers                  shapes, parameters, multiply-adds
  $ googlenet info --network xception --layers         of a network as it is built
  $ googlenet info --arithmetic                        why there are 1×1 reductions, and no large linear layers`;

interface InfoFlags {
  network?: string;
  layers?: boolean;
  arithmetic?: boolean;
  tensors?: boolean;
  json?: boolean;
}

/** `googlenet info`: what a file holds. Reads none of its numbers, and needs no libtorch but for --layers. */
export function infoCommand(terminal: Terminal): Command {
  const command = new Command('info')
    .description('say what is in a file of weights or a checkpoint, and what a network is made of')
    .argument('[weights]', 'a file of weights in any format that is read')
    .addOption(new Option('--network <name>', 'a network in place of a file').choices(NETWORKS))
    .option('--layers', 'list every layer: shape of its output, parameters, multiply-adds')
    .option('--arithmetic', 'what reductions and the average pool save')
    .option('--tensors', 'list every tensor')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES);
  return command.action(async (path: string | undefined, flags: InfoFlags) => {
    const { network, layers, arithmetic, tensors } = flags;
    if (arithmetic && (path ?? network) !== undefined) {
      return command.error('error: --arithmetic is about no file and no network');
    }
    if (tensors && (layers || path === undefined)) {
      return command.error('error: --tensors is for a file, without --layers');
    }
    if (arithmetic) return printArithmetic(terminal, flags);
    if ((path === undefined) === (network === undefined)) {
      return command.error('error: give a file of weights, or --network');
    }
    if (layers || path === undefined) return printLayers(terminal, path, flags);
    return printFile(terminal, path, flags);
  });
}

async function printFile(terminal: Terminal, path: string, { tensors, json }: InfoFlags): Promise<void> {
  const { describeFile } = await import('../weights-file.js');
  const info = await inspect(await describeFile(path));
  const { tensors: listed, ...rest } = info;
  if (json) terminal.print(formatJson(tensors ? info : rest));
  else terminal.print(tensors ? `${formatInfo(info)}\n\n${formatTensors(listed)}` : formatInfo(info));
}

async function printLayers(
  terminal: Terminal,
  path: string | undefined,
  { network, json }: InfoFlags,
): Promise<void> {
  const { summaryOfNetwork, formatSummary } = await import('./layers.js');
  const summary = await summaryOfNetwork(path, network);
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

async function inspect(file: WeightsFile) {
  const { path, isCheckpoint, model } = file;
  const parameters = file.tensors.filter(({ name }) => isParameter(name));
  return {
    path,
    type: isCheckpoint ? ('checkpoint' as const) : ('weights' as const),
    bytes: (await stat(fsPath(path))).size,
    network: model.architecture === 'xception' ? 'xception' : model.variant,
    numClasses: model.numClasses,
    auxLogits: model.auxLogits,
    parameters: parameters.reduce((sum, { shape }) => sum + numberOfElements(shape), 0),
    classes: model.classes ?? null,
    training: isCheckpoint ? await describeTraining(path) : null,
    tensors: file.stored.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
  };
}

type Info = Awaited<ReturnType<typeof inspect>>;

/** Where a checkpoint's run stands and how it is trained. */
async function describeTraining(path: string) {
  const { readCheckpoint } = await import('../../train/checkpoint.js');
  const { state, trainer } = await readCheckpoint(path);
  const { epoch, step, globalStep } = state;
  return { epoch, step, globalStep, ...trainer };
}

function formatInfo(info: Info): string {
  const { path, type, bytes, network, numClasses, auxLogits, parameters, classes, training, tensors } = info;
  const rows = [
    ['file', path],
    ['type', type === 'checkpoint' ? 'training checkpoint' : 'weights'],
    ['size', formatMegabytes(bytes)],
    ['network', network],
    ['classes', formatCount(numClasses)],
    ['names', classes === null ? 'none stored' : formatNames(classes)],
    ['auxiliary heads', auxLogits ? 'yes' : 'no'],
    ['parameters', formatCount(parameters)],
    ['tensors', formatCount(tensors.length)],
  ];
  if (training) {
    const { epoch, step, globalStep, optimizer, schedule, auxWeight } = training;
    const settings = Object.entries({ ...optimizer, ...schedule, auxWeight });
    rows.push(
      ['epochs done', formatCount(epoch)],
      ['steps done', `${formatCount(globalStep)}, of them ${formatCount(step)} in the epoch under way`],
      ['settings', settings.map(([name, value]) => `${name} ${value}`).join(', ')],
    );
  }
  return formatTable(rows);
}

function formatNames(names: readonly string[]): string {
  const more = names.length > 12 ? ` … and ${names.length - 12} more` : '';
  return names.slice(0, 12).join(', ') + more;
}

const formatTensors = (tensors: Info['tensors']): string =>
  formatTable(tensors.map(({ name, dtype, shape }) => [name, dtype, `[${shape.join(', ')}]`]));
