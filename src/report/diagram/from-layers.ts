/** The layers of a network → the boxes of its diagram. */
import type { LayerSummary } from '../../models/summary.js';
import type { Box, Kind } from './blocks.js';

/** What a diagram shows of a layer. */
export type Layer = Pick<LayerSummary, 'name' | 'type' | 'kernel' | 'stride' | 'groups'> & {
  readonly output: readonly number[];
};

const KINDS: Readonly<Record<string, Kind>> = {
  Conv2d: 'convolution',
  MaxPool2d: 'pool',
  AvgPool2d: 'pool',
  AdaptiveAvgPool2d: 'pool',
  LocalResponseNorm: 'norm',
  Linear: 'linear',
};

export const shapeText = (shape: readonly number[]): string => shape.join(' × ');

/** Null for layers without a box: BatchNorm belongs to its convolution, dropout and flattening to the layer after them. */
function boxOf(layer: Layer): Box | null {
  const kind = KINDS[layer.type];
  if (kind === undefined) return null;
  return {
    kind,
    title: titleOf(layer),
    detail: kind === 'pool' || kind === 'norm' ? '' : String(layer.output[0]),
  };
}

function titleOf({ type, kernel, stride, groups, output }: Layer): string {
  const kernelText = `${kernel}×${kernel}${stride > 1 ? `/${stride}` : ''}`;
  if (type === 'Conv2d') return groups > 1 ? `${kernelText} each` : kernelText;
  if (type === 'MaxPool2d') return `max ${kernelText}`;
  if (type === 'AvgPool2d') return `avg ${kernelText}`;
  if (type === 'AdaptiveAvgPool2d')
    return output[1] === 1 ? 'global avg' : `avg to ${output[1]}×${output[2]}`;
  return type === 'LocalResponseNorm' ? 'LRN' : 'linear';
}

export const boxesOf = (layers: readonly Layer[]): Box[] => layers.flatMap((layer) => boxOf(layer) ?? []);

/** Groups layers by a key, in their order. */
export function groupBy(layers: readonly Layer[], keyOf: (layer: Layer) => string): [string, Layer[]][] {
  const groups = new Map<string, Layer[]>();
  for (const layer of layers) {
    const key = keyOf(layer);
    const group = groups.get(key);
    if (group) group.push(layer);
    else groups.set(key, [layer]);
  }
  return [...groups];
}
