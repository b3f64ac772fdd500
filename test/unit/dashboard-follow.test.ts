import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { Dashboard } from '../../src/dashboard/dashboard.js';
import { MetricsTail } from '../../src/dashboard/metrics-tail.js';
import type { Snapshot, Validation } from '../../src/dashboard/protocol.js';
import type { RunRecord } from '../../src/run/records/records.js';
import { errorWith } from '../support/errors.js';
import { epochRecord, lines, SETTINGS, stepRecord, validationRecord } from '../support/live-run.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const steps = (from: number, to: number) =>
  lines(...Array.from({ length: to - from + 1 }, (_, i) => stepRecord(from + i)));

describe('the tail of a log', () => {
  /** Reads what is new, and returns all known steps. */
  function follow() {
    const tail = new MetricsTail(at());
    let known: RunRecord[] = [];
    const onRestart = () => {
      known = [];
    };
    return async () => {
      await tail.read((record) => known.push(record), onRestart);
      return known.map(({ step }) => step);
    };
  }
  const log = () => at('metrics.jsonl');

  test('starts with a missing file', async () => {
    const read = follow();
    expect(await read()).toEqual([]);
    await writeFile(log(), steps(1, 2));
    expect(await read()).toEqual([1, 2]);
  });

  test('reads new lines, each one when it is complete', async () => {
    const read = follow();
    const [first, second] = [steps(1, 1), steps(2, 2)];
    await writeFile(log(), first + second.slice(0, 40));
    expect(await read()).toEqual([1]);
    await appendFile(log(), second.slice(40));
    expect(await read()).toEqual([1, 2]);
    expect(await read()).toEqual([1, 2]);
  });

  test('restarts after a resumed run has truncated the file', async () => {
    const read = follow();
    await writeFile(log(), steps(1, 5));
    expect(await read()).toEqual([1, 2, 3, 4, 5]);
    await truncate(log(), steps(1, 3).length);
    expect(await read()).toEqual([1, 2, 3]);
    await appendFile(log(), steps(4, 4));
    expect(await read()).toEqual([1, 2, 3, 4]);
  });

  test.each([
    [
      'a line ends where it ended before',
      steps(1, 2) + lines(stepRecord(3), stepRecord(4), epochRecord(1, { step: 4 })),
    ],
    ['it does not', steps(1, 2) + lines(stepRecord(3, { loss: 0.123456789 })) + steps(4, 20)],
    ['it ends before', steps(1, 1)],
  ])('restarts after the file was truncated and has grown since, and %s', async (_, now) => {
    const read = follow();
    await writeFile(log(), steps(1, 5));
    await read();
    await writeFile(log(), now);
    const expected = now
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).step);
    expect(await read()).toEqual(expected);
  });

  test('restarts with another file of the same name, and ends without one', async () => {
    const read = follow();
    await writeFile(log(), steps(1, 3));
    await read();
    await writeFile(at('other'), steps(1, 9));
    await rename(at('other'), log());
    expect(await read()).toHaveLength(9);
    await rm(log());
    expect(await read()).toEqual([]);
  });

  test('reads a log of many pieces', async () => {
    await writeFile(log(), steps(1, 3000));
    expect(await follow()()).toHaveLength(3000);
  });

  test.each([
    ['a text', 'hello\n'],
    ['an endless line', 'x'.repeat(70_000)],
    ['an invalid record', `${JSON.stringify({ ...stepRecord(1), step: 'one' })}\n`],
  ])('refuses %s', async (_, content) => {
    await writeFile(log(), content);
    await expect(follow()()).rejects.toMatchObject(errorWith('INVALID_RUN_LOG', 'metrics.jsonl'));
  });
});

describe('a run that another process writes', () => {
  let dashboard: Dashboard;
  afterEach(() => dashboard.close());

  type State = Snapshot & { validation: Validation | null };

  async function until(condition: (state: State) => boolean): Promise<State> {
    for (;;) {
      const state = (await (await fetch(`${dashboard.url}state`)).json()) as State;
      if (condition(state)) return state;
    }
  }

  async function begin(text: string): Promise<void> {
    await writeFile(at('settings.json'), JSON.stringify(SETTINGS));
    await writeFile(at('metrics.jsonl'), text);
    dashboard = await Dashboard.open({ runDir: at(), follow: true });
  }

  test('is followed to its end', async () => {
    const now = Date.now() / 1000;
    await begin(lines(stepRecord(1, { time: now })));
    expect((await until(() => true)).status.state).toBe('running');
    await appendFile(at('metrics.jsonl'), steps(2, 40));
    await until(({ progress }) => progress.step === 40);
    await writeFile(at('validation.json'), JSON.stringify(validationRecord({ epoch: 4 })));
    await appendFile(at('metrics.jsonl'), lines(epochRecord(4)));
    const { progress, validation } = await until(({ status }) => status.state === 'completed');
    expect([progress.fraction, validation?.epoch]).toEqual([1, 4]);
  });

  test('that records nothing for long counts as interrupted until the next record', async () => {
    await begin(steps(1, 5));
    expect(await until(() => true)).toMatchObject({
      status: { state: 'interrupted', message: expect.stringContaining('10 minutes') },
    });
    await appendFile(at('metrics.jsonl'), lines(stepRecord(6, { time: Date.now() / 1000 })));
    await until(({ status }) => status.state === 'running');
  });

  test('that is resumed with more epochs has other settings and fewer records', async () => {
    await begin(steps(1, 40));
    await truncate(at('metrics.jsonl'), steps(1, 30).length);
    const more = { ...SETTINGS, settings: { ...SETTINGS.settings, epochs: 8 } };
    await writeFile(at('settings.json'), JSON.stringify(more));
    const state = await until(({ progress }) => progress.step === 30 && progress.epochs === 8);
    expect(state.steps.rows).toHaveLength(30);
  });

  test('with a damaged file shows the error, and recovers', async () => {
    await begin(steps(1, 5));
    await writeFile(at('validation.json'), '{"epoch":');
    const { problem } = await until((state) => state.problem !== null);
    expect(problem).toContain('validation.json');
    await writeFile(at('validation.json'), JSON.stringify(validationRecord()));
    await until((state) => state.problem === null && state.validation !== null);
  });
});
