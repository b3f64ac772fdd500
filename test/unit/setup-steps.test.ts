import { Screen } from '../../src/core/terminal.js';
import { Steps } from '../../src/setup/steps.js';
import { RecordingStream } from '../support/host.js';

describe('progress', () => {
  function record(isTTY: boolean): { steps: Steps; text: () => string } {
    const stream = new RecordingStream({ isTTY, columns: 40 });
    return { steps: new Steps(new Screen(stream)), text: () => stream.text };
  }

  test('is one line a step, with its duration, where there is no terminal', async () => {
    const { steps, text } = record(false);
    await steps.step('Building', async (update) => update({ text: 'compiling', done: 1, total: 27 }));
    expect(text()).toMatch(/^✓ Building \(\d+\.\d s\)\n$/);
  });

  test('rewrites the line of the running step on a terminal', async () => {
    const { steps, text } = record(true);
    await steps.step('Building', async (update) => update({ text: 'compiling', done: 1, total: 27 }));
    expect(text()).toContain(
      '\r\x1b[K· Building: compiling ░░░░░░░░░░░░ 1/27\r\x1b[K\x1b[32m✓\x1b[0m Building',
    );
  });

  test('marks a step that fails and lets the error through', async () => {
    const { steps, text } = record(false);
    const failing = steps.step('Building', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(text()).toMatch(/^✗ Building/);
  });
});
