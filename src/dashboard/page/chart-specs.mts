/** Which charts the page has, and the lines in them. */
import { formatLoss, formatPercent, formatRate, formatSpeed } from './format.mjs';

export interface LineSpec {
  name: string;
  from: 'steps' | 'epochs';
  column: string;
  /** A custom property of the style sheet. */
  color: string;
  style: 'faint' | 'thin' | 'solid' | 'dashed';
  /** The title explains the line; the legend has no space for it on a phone. */
  isUnlisted?: boolean;
}

export interface ChartSpec {
  title: string;
  /** Title of the vertical axis, with the unit. */
  yTitle: string;
  lines: LineSpec[];
  format(value: number): string;
  /** Whether the values are fractions, with an axis up to 100 %. */
  isFraction?: boolean;
  /** Whether the reader may choose a logarithmic axis. */
  mayBeLogarithmic?: boolean;
  /** The chart is hidden where this column has no values. */
  needs: string;
}

const quantity = (column: string): LineSpec[] => [
  { name: 'batches', from: 'steps', column, color: '--train', style: 'faint' },
  { name: 'training', from: 'epochs', column: `train.${column}`, color: '--train', style: 'solid' },
  {
    name: 'validation',
    from: 'epochs',
    column: `validation.${column}`,
    color: '--validation',
    style: 'dashed',
  },
];

const HEADS = [
  ['main', '--train'],
  ['aux 1', '--aux1'],
  ['aux 2', '--aux2'],
] as const;

const heads = (columns: readonly string[]): LineSpec[] =>
  HEADS.flatMap(([name, color], i) => {
    const column = columns[i] ?? '';
    const validation = { from: 'epochs', column: `validation.${column}`, style: 'dashed' } as const;
    return [
      { name, from: 'steps', column, color, style: 'thin' },
      { ...validation, name: `${name}, validation`, color, isUnlisted: true },
    ];
  });

const single = (name: string, column: string): LineSpec[] => [
  { name, from: 'steps', column, color: '--other', style: 'thin' },
];

export const CHARTS: readonly ChartSpec[] = [
  {
    ...{ title: 'Loss', yTitle: 'total loss (nats)', needs: 'step' },
    ...{ lines: quantity('loss'), format: formatLoss, mayBeLogarithmic: true },
  },
  {
    ...{ title: 'Accuracy', yTitle: 'top-1 accuracy', needs: 'step' },
    ...{ lines: quantity('top1'), format: formatPercent, isFraction: true },
  },
  {
    ...{ title: 'Loss of each head (dashed: validation)', yTitle: 'cross-entropy (nats)', needs: 'aux1Loss' },
    ...{ lines: heads(['mainLoss', 'aux1Loss', 'aux2Loss']), format: formatLoss, mayBeLogarithmic: true },
  },
  {
    ...{ title: 'Accuracy of each head (dashed: validation)', yTitle: 'top-1 accuracy', needs: 'aux1Top1' },
    ...{ lines: heads(['top1', 'aux1Top1', 'aux2Top1']), format: formatPercent, isFraction: true },
  },
  {
    ...{ title: 'Learning rate', yTitle: 'learning rate', needs: 'lr' },
    ...{ lines: single('learning rate', 'lr'), format: formatRate },
  },
  {
    ...{ title: 'Training speed', yTitle: 'images per second', needs: 'imagesPerSecond' },
    ...{ lines: single('images/s', 'imagesPerSecond'), format: formatSpeed },
  },
  {
    ...{ title: 'Gradient norm', yTitle: 'L2 norm', needs: 'gradNorm' },
    ...{ lines: single('gradient norm', 'gradNorm'), format: formatLoss, mayBeLogarithmic: true },
  },
];
