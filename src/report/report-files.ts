/** The files that a report adds to the folder of a run. */
import { join } from 'node:path';

/** The charts that are files of their own, each as SVG and PNG. */
export const CHART_FILES = ['loss', 'accuracy', 'learning-rate', 'speed'] as const;

export type ReportFiles = { report: string } & Record<
  (typeof CHART_FILES)[number],
  { svg: string; png: string }
>;

export function reportFiles(runDir: string): ReportFiles {
  const chart = (name: string) => ({ svg: join(runDir, `${name}.svg`), png: join(runDir, `${name}.png`) });
  return {
    report: join(runDir, 'report.html'),
    loss: chart('loss'),
    accuracy: chart('accuracy'),
    'learning-rate': chart('learning-rate'),
    speed: chart('speed'),
  };
}
