import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeWhere } from '../support/skip.js';
import { MAIN, RECIPE, start, workspace } from './cli.js';

const dir = workspace();

/** Runs a program in a terminal of its own, and presses Ctrl-C when it has printed the given text. */
const IN_TERMINAL = `
import os, pty, sys
text, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(command[0], command)
seen = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    sys.stdout.buffer.write(piece)
    seen += piece
    if text and text.encode() in seen:
        text = ""
        os.write(terminal, b"\\x03")
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const inTerminal = (pressWhen: string, ...args: string[]) =>
  start('python3', ['-c', IN_TERMINAL, pressWhen, process.execPath, MAIN, ...args], dir).result;

/** What a terminal is told to clear a line, in a form that can be read. */
const readable = (text: string) => text.replaceAll('\r\u001b[K', '<clear>');

const hasPython = spawnSync('python3', ['-c', 'import pty'], { stdio: 'ignore' }).status === 0;

describeWhere(hasPython, 'no python3 with pty')('on a terminal', () => {
  test('training shows a bar with loss, accuracy, speed and time left', async () => {
    const { code, stdout } = await inTerminal('', 'train', ...RECIPE, '--out', 'run');
    expect(code).toBe(0);
    expect(readable(stdout)).toMatch(
      /<clear>epoch 1\/1 █+░* \d\/8 {2}loss [\d.]+ {2}top-1 [\d.]+ % {2}[\d.]+ images\/s {2}0:\d\d/,
    );
    expect(readable(stdout)).toMatch(/<clear>epoch 1\/1 {2}train loss .* validation loss/);
  });

  test('Ctrl-C ends a run in good order', async () => {
    const { code, stdout } = await inTerminal(
      'images/s',
      ...['train', '--data', 'images', '--out', 'interrupted', '--batch-size', '2', '--threads', '1'],
    );
    expect(code).toBe(130);
    expect(stdout).toContain('Ctrl-C once more stops at once.');
    expect(stdout).toMatch(/Resume with:\r\n {2}node .*train --resume interrupted/);
    expect(readdirSync(join(dir, 'interrupted/checkpoints'))).toEqual([
      expect.stringMatching(/^step-\d{8}\.safetensors$/),
    ]);
  });
});
