import { formatCount, formatTable } from './output.js';

/** More classes make no table that fits a terminal. */
const MAX_TABLE = 12;
const MOST_FREQUENT = 10;

/** What was taken for what: a table, or the most frequent mistakes of many classes. @param confusion `[label][predicted]` */
export function formatConfusion(names: readonly string[], confusion: readonly ArrayLike<number>[]): string {
  return names.length <= MAX_TABLE ? formatMatrix(names, confusion) : formatMistakes(names, confusion);
}

function formatMatrix(names: readonly string[], confusion: readonly ArrayLike<number>[]): string {
  const rows = confusion.map((row, label) => [names[label] ?? '', ...Array.from(row, formatCount)]);
  const columns = names.map(() => 'right' as const);
  return formatTable([['class \\ predicted', ...names], ...rows], ['left', ...columns]);
}

function formatMistakes(names: readonly string[], confusion: readonly ArrayLike<number>[]): string {
  const mistakes = confusion.flatMap((row, label) =>
    Array.from(row, (count, predicted) => ({ label, predicted, count })).filter(
      ({ predicted, count }) => predicted !== label && count > 0,
    ),
  );
  if (mistakes.length === 0) return 'No mistakes.';
  const most = mistakes.sort((a, b) => b.count - a.count).slice(0, MOST_FREQUENT);
  const rows = most.map(({ label, predicted, count }) => [
    names[label] ?? '',
    names[predicted] ?? '',
    formatCount(count),
  ]);
  return formatTable([['class', 'taken for', 'pictures'], ...rows], ['left', 'left', 'right']);
}
