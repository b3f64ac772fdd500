/** What a file of weights or a checkpoint says of itself. */
import { formatCount, formatMegabytes, formatTable, heading } from '../../core/format.js';
import { numberOfElements } from '../../core/validation.js';
import type { WeightsFile } from '../../formats/weights-file.js';
import { isParameter } from '../../train/parameter-names.js';
import type { OpenWeights } from '../weights-file.js';

export async function inspect(weights: OpenWeights) {
  const { path, isCheckpoint, model, file } = weights;
  const parameters = weights.tensors.filter(({ name }) => isParameter(name));
  return {
    path,
    type: isCheckpoint ? ('checkpoint' as const) : ('weights' as const),
    bytes: file.bytes,
    architecture: model.architecture === 'xception' ? 'xception' : model.variant,
    numClasses: model.numClasses,
    auxLogits: model.auxLogits,
    parameters: parameters.reduce((sum, { shape }) => sum + numberOfElements(shape), 0),
    classes: model.classes ?? null,
    training: isCheckpoint ? await describeTraining(file) : null,
    tensors: weights.stored.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
  };
}

export type Info = Awaited<ReturnType<typeof inspect>>;

/** Where a checkpoint's run stands and how it is trained. */
async function describeTraining(file: WeightsFile) {
  const { readContent } = await import('../../train/checkpoint.js');
  const { state, trainer } = readContent(file);
  const { epoch, step, globalStep } = state;
  return { epoch, step, globalStep, ...trainer };
}

export function formatInfo(info: Info): string {
  const { path, type, bytes, architecture, numClasses, auxLogits, parameters, classes, training, tensors } =
    info;
  const rows = [
    ['file', path],
    ['type', type === 'checkpoint' ? 'training checkpoint' : 'weights'],
    ['size', formatMegabytes(bytes)],
    ['architecture', architecture],
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

export const formatTensors = (tensors: Info['tensors']): string =>
  formatTable([
    heading(['tensor', 'dtype', 'shape']),
    ...tensors.map(({ name, dtype, shape }) => [name, dtype, `[${shape.join(', ')}]`]),
  ]);
