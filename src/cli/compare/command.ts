import { Command } from 'commander';
import { formatJson, formatTable, heading } from '../../core/format.js';
import { printableLine } from '../../core/printable.js';
import type { Terminal } from '../../core/terminal.js';
import type { ComparedRun, ComparisonRow } from '../../report/compare.js';
import { examples } from '../examples.js';

const EXAMPLES = `
  $ googlenet compare runs/first runs/second
  $ googlenet compare runs/* --out compare.html       one offline page with the curves of all runs
  $ googlenet compare runs/* --out compare.png        only the curves, as an image (or .svg)
  $ googlenet compare runs/first runs/second --json > compare.json

Only settings that differ are shown. A run may still be training.`;

/** `googlenet compare`: settings and results of runs side by side. Needs no libtorch. */
export function compareCommand(terminal: Terminal): Command {
  return new Command('compare')
    .description('compare runs: their settings, scores, speed and curves')
    .argument('<runs...>', 'folders of two or more runs')
    .option('--out <file>', 'write the curves of all runs to a .html, .svg or .png file')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples(EXAMPLES))
    .action(async (folders: string[], { out, json }: { out?: string; json?: boolean }) => {
      const { comparisonJson, readRuns } = await import('../../report/compare.js');
      const { checkComparisonPath, writeComparison } = await import('../../report/write-comparison.js');
      if (out !== undefined) checkComparisonPath(out);
      const runs = await readRuns(folders);
      terminal.print(json ? formatJson(comparisonJson(runs)) : await formatComparison(runs));
      if (out === undefined) return;
      await writeComparison(runs, out);
      if (!json) terminal.print(`\nWrote the curves to ${out}.`);
    });
}

async function formatComparison(runs: readonly ComparedRun[]): Promise<string> {
  const { differences, results } = await import('../../report/compare.js');
  const { shorten } = await import('../../report/html.js');
  const cells = ({ name, values }: ComparisonRow) =>
    [name, ...values].map((text) => shorten(printableLine(text), 40));
  const settings = differences(runs);
  const rows = [
    heading(['', ...runs.map(({ folder }) => folder)]),
    ...results(runs).map(cells),
    [],
    heading([settings.length > 0 ? 'settings that differ' : 'no setting differs']),
    ...settings.map(cells),
  ];
  return formatTable(rows, ['left', ...runs.map(() => 'right' as const)]);
}
