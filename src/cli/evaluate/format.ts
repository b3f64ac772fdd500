/** An evaluation as text. */
import { formatCount, formatPercent, formatTable, heading, plural } from '../../core/format.js';
import { printableLine } from '../../core/printable.js';
import { MAX_CONFUSION } from '../../inference/evaluation.js';
import { fitName, formatConfusedPairs, formatMatrix } from './confusion.js';
import type { FilesEvaluation } from './evaluate.js';

export interface Sections {
  /** A row for each class. */
  perClass: boolean;
  /** The whole matrix in place of the most confused pairs. */
  confusionMatrix: boolean;
}

/** Columns of the numbers next to the name of a class. */
const NUMBER_COLUMNS = 58;

/** @param columns of the terminal. */
export function formatEvaluation(evaluation: FilesEvaluation, sections: Sections, columns: number): string {
  const { weights, dir, crops, images, loss, top1, top5, macro, skipped } = evaluation;
  const ofEach = weights.length === 1 && crops === 1 ? '' : `, ${plural(crops, 'crop')} of each`;
  const macros = [
    `precision ${formatPercent(macro.precision)}`,
    `recall ${formatPercent(macro.recall)}`,
    `F1 ${formatPercent(macro.f1)}`,
  ];
  return [
    printableLine(`${weights.join(', ')} on ${plural(images, 'image')} of ${dir}${ofEach}`),
    `loss ${loss.toFixed(4)}  top-1 ${formatPercent(top1)}  top-5 ${formatPercent(top5)}`,
    `means over classes: ${macros.join('  ')}`,
    ...(skipped.length > 0 ? [`${plural(skipped.length, 'image')} skipped`] : []),
    ...(sections.perClass ? ['', formatClasses(evaluation, columns)] : []),
    '',
    formatConfusion(evaluation, sections, columns),
  ].join('\n');
}

function formatClasses({ classes }: FilesEvaluation, columns: number): string {
  const rows = classes
    .filter(({ support }) => support > 0)
    .map(({ name, support, precision, recall, f1, loss }) => [
      fitName(name, columns - NUMBER_COLUMNS),
      formatCount(support),
      ...[precision, recall, f1].map(formatPercent),
      loss.toFixed(4),
    ]);
  return formatTable(
    [heading(['class', 'images', 'precision', 'recall', 'F1', 'loss']), ...rows],
    ['left', 'right', 'right', 'right', 'right', 'right'],
  );
}

function formatConfusion(
  { classes, confusion }: FilesEvaluation,
  { confusionMatrix }: Sections,
  columns: number,
): string {
  if (confusion === null)
    return `There is no confusion matrix: it is kept for at most ${formatCount(MAX_CONFUSION)} classes.`;
  const names = classes.map(({ name }) => name);
  return confusionMatrix ? formatMatrix(names, confusion) : formatConfusedPairs(names, confusion, columns);
}
