import { once } from 'node:events';
import { Command } from 'commander';
import { optionalCount, type Setting, withDefaults } from '../../core/settings.js';
import type { Terminal } from '../../core/terminal.js';
import { string } from '../../core/validation.js';
import { examples } from '../examples.js';
import { addSettings } from '../flags.js';
import { Interrupt } from '../interrupt.js';
import { shown } from '../invocation.js';

const host: Setting<string> = {
  value: 'name',
  default: '127.0.0.1',
  description: 'address to listen on; other machines cannot reach the default',
  check: string,
  read: (text) => text,
};
const OPTIONS = {
  port: optionalCount('port to listen on (default: 0, any free port)', 65_535, 0),
  host,
};

const EXAMPLES = `
  $ googlenet dashboard runs/first                 a run in progress, or a finished one
  $ googlenet dashboard runs/first --port 8000
  $ ssh -L 8000:localhost:8000 machine             then http://localhost:8000 shows it here

The page stays until Ctrl-C.`;

/** `googlenet dashboard`: runs until Ctrl-C, with exit status 0. */
export function dashboardCommand(terminal: Terminal): Command {
  const command = new Command('dashboard')
    .description('show a run as a live page')
    .argument('<run>', 'folder of the run (--out of the training)');
  return addSettings(command, OPTIONS)
    .addHelpText('after', examples(EXAMPLES))
    .action(async (runDir: string) => {
      const { Dashboard } = await import('../../dashboard/dashboard.js');
      const { port, host } = withDefaults(OPTIONS, command.opts());
      const interrupt = new Interrupt(terminal.host, () => undefined);
      const { signal } = interrupt;
      try {
        const options = { runDir, host, port: port ?? 0, follow: true, keepProcess: true };
        const dashboard = await Dashboard.open(options);
        terminal.print(`${shown(runDir)}: ${dashboard.url}  (Ctrl-C to stop)`);
        if (!signal.aborted) await once(signal, 'abort');
        await dashboard.close();
      } finally {
        interrupt.release();
      }
    });
}
