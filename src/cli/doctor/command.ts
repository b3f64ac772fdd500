import { Command } from 'commander';
import { formatJson } from '../../core/format.js';
import type { Terminal } from '../../core/terminal.js';
import { examples } from '../examples.js';

const EXAMPLES = `
  $ googlenet doctor
  $ googlenet doctor --json
  $ GOOGLENET_ADDON=other/googlenet.node googlenet doctor    another build of the addon`;

/** `googlenet doctor`: exit status 0 when everything that is needed works, else 1. */
export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description('check the installation: what it runs on, what is wrong, how to fix it')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', examples(EXAMPLES))
    .action(async ({ json }: { json?: boolean }) => {
      const { diagnose } = await import('../../setup/doctor.js');
      const { formatReport } = await import('../../setup/doctor-text.js');
      const report = await diagnose();
      terminal.print(json ? formatJson(report) : formatReport(report));
      terminal.status = report.healthy ? 0 : 1;
    });
}
