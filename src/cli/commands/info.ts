import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { numberOfElements } from '../../validate.js';
import { formatCount, formatJson, formatMegabytes, formatTable } from '../output.js';
import type { WeightsFile } from '../weights-file.js';

const EXAMPLES = `
Examples:
  $ googlenet info runs/first/model.safetensors
  $ googlenet info runs/first/checkpoints/step-00001000.safetensors --tensors
  $ googlenet info model.safetensors --json`;

/** `googlenet info`: what a file holds. Reads its header only, and needs no libtorch. */
export function infoCommand(): Command {
  return new Command('info')
    .description('say what is in a file of weights or a checkpoint')
    .argument('<weights>', 'a safetensors file')
    .option('--tensors', 'list every tensor')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, { tensors, json }: { tensors?: boolean; json?: boolean }) => {
      const { describeFile } = await import('../weights-file.js');
      const info = await inspect(await describeFile(path));
      const { tensors: listed, ...rest } = info;
      if (json) console.log(formatJson(tensors ? info : rest));
      else console.log(tensors ? `${formatInfo(info)}\n\n${formatTensors(listed)}` : formatInfo(info));
    });
}

/** Buffers are stored beside the parameters and are not trained. */
const isParameter = (name: string): boolean =>
  !/\.(running_mean|running_var|num_batches_tracked)$/.test(name);

async function inspect(file: WeightsFile) {
  const { path, isCheckpoint, model } = file;
  const parameters = file.tensors.filter(({ name }) => isParameter(name));
  return {
    path,
    type: isCheckpoint ? ('checkpoint' as const) : ('weights' as const),
    bytes: (await stat(path)).size,
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
  const { progress, trainer } = await readCheckpoint(path);
  const { epoch, step, globalStep } = progress;
  return { epoch, step, globalStep, ...trainer };
}

function formatInfo(info: Info): string {
  const { path, type, bytes, numClasses, auxLogits, parameters, classes, training, tensors } = info;
  const rows = [
    ['file', path],
    ['type', type === 'checkpoint' ? 'training checkpoint' : 'weights'],
    ['size', formatMegabytes(bytes)],
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
