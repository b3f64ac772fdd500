import { formatCount, formatTable } from '../../core/format.js';
import { loadModel } from '../../models/load.js';
import type { ModelSummary } from '../../models/summary.js';
import { networkNamed, SIDES } from '../architectures.js';

/** Of the model in a file, or of a network as it is built with 1000 classes. */
export async function summaryOfNetwork(
  path: string | undefined,
  network = 'reference',
): Promise<ModelSummary> {
  const model = path === undefined ? networkNamed(network) : await loadModel(path);
  try {
    const side = SIDES[model.describe().architecture];
    return await model.summary({ height: side, width: side });
  } finally {
    model.dispose();
  }
}

export function formatSummary({ layers, parameters, multiplyAdds }: ModelSummary): string {
  const rows = layers.map(({ name, type, output, kernel, stride, parameters, multiplyAdds }) => [
    name,
    type,
    kernel === 0 ? '' : `${kernel}×${kernel}${stride > 1 ? `/${stride}` : ''}`,
    output.join(' × '),
    formatCount(parameters),
    formatCount(multiplyAdds),
  ]);
  const total = ['in all', '', '', '', formatCount(parameters), formatCount(multiplyAdds)];
  return formatTable(
    [['layer', 'type', 'window', 'output', 'parameters', 'multiply-adds'], ...rows, total],
    ['left', 'left', 'left', 'left', 'right', 'right'],
  );
}
