import { green, red } from '../../core/colors.js';
import { formatCount, formatTable, heading } from '../../core/format.js';
import { printableLine } from '../../core/printable.js';
import { shorten } from '../../report/html.js';

const MOST_FREQUENT = 10;
/** No name is cut to less. */
const MIN_NAME = 8;

/** A name in at most so many columns of a terminal. */
export const fitName = (name: string, columns: number): string =>
  shorten(printableLine(name), Math.max(MIN_NAME, columns));

function cellOf(count: number, isCorrect: boolean): string {
  const text = formatCount(count);
  return count === 0 ? text : isCorrect ? green(text) : red(text);
}

/**
 * The whole matrix, however wide it is: a row for each class, a column for each predicted one.
 * @param confusion `[label][predicted]`
 */
export function formatMatrix(names: readonly string[], confusion: readonly ArrayLike<number>[]): string {
  const rows = confusion.map((row, label) => [
    names[label] ?? '',
    ...Array.from(row, (count, predicted) => cellOf(count, predicted === label)),
  ]);
  const columns = names.map(() => 'right' as const);
  return formatTable([heading(['class \\ predicted', ...names]), ...rows], ['left', ...columns]);
}

/**
 * The classes that were taken for another one most often.
 * @param confusion `[label][predicted]`
 * @param columns of the terminal
 */
export function formatConfusedPairs(
  names: readonly string[],
  confusion: readonly ArrayLike<number>[],
  columns: number,
): string {
  const mistakes = confusion.flatMap((row, label) =>
    Array.from(row, (count, predicted) => ({ label, predicted, count })).filter(
      ({ predicted, count }) => predicted !== label && count > 0,
    ),
  );
  if (mistakes.length === 0) return 'No class was taken for another one.';
  const most = mistakes.sort((a, b) => b.count - a.count).slice(0, MOST_FREQUENT);
  // Two names, a count as wide as its heading, and two spaces between each.
  const half = Math.floor((columns - 'images'.length - 4) / 2);
  const name = (label: number): string => fitName(names[label] ?? '', half);
  const rows = most.map(({ label, predicted, count }) => [name(label), name(predicted), formatCount(count)]);
  const hidden = mistakes.length - most.length;
  const table = formatTable([heading(['class', 'taken for', 'images']), ...rows], ['left', 'left', 'right']);
  return hidden === 0 ? table : `${table}\n… and ${formatCount(hidden)} rarer ones; --json has all`;
}
