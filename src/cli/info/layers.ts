import { formatCount, formatTable, heading } from '../../core/format.js';
import { type ArchitectureName, newModel, PAPER_SIZES } from '../../models/architectures.js';
import { loadModel } from '../../models/load.js';
import type { ModelSummary } from '../../models/summary.js';

/** The layers of the model in a file, or of an architecture with 1000 classes, for images of the size in its paper. */
export async function summarize(
  path: string | undefined,
  architecture: ArchitectureName = 'reference',
): Promise<ModelSummary> {
  const model = path === undefined ? await newModel(architecture) : await loadModel(path);
  try {
    const size = PAPER_SIZES[model.describe().architecture];
    return await model.summary({ height: size, width: size });
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
  const total = heading(['total', '', '', '', formatCount(parameters), formatCount(multiplyAdds)]);
  return formatTable(
    [heading(['layer', 'type', 'kernel', 'output', 'parameters', 'multiply-adds']), ...rows, total],
    ['left', 'left', 'left', 'left', 'right', 'right'],
  );
}
