import { Redrawer } from '../../src/run/redrawer.js';

const FILES = { loss: 'loss.svg' };

/** Drawings that end when they are told to. */
function drawings() {
  const started: { end(): void; fail(error: Error): void }[] = [];
  const draw = () =>
    new Promise<typeof FILES>((resolve, reject) => {
      started.push({ end: () => resolve(FILES), fail: reject });
    });
  return { started, draw };
}

const turn = () => new Promise(setImmediate);

test('requests during a drawing lead to one more drawing', async () => {
  const { started, draw } = drawings();
  const drawer = new Redrawer(draw, fail);
  drawer.request();
  drawer.request();
  drawer.request();
  expect(started).toHaveLength(1);
  started[0]?.end();
  await turn();
  expect(started).toHaveLength(2);
  started[1]?.end();
  await turn();
  expect(started).toHaveLength(2);
});

test('the last drawing waits for the one under way, and shows the last state', async () => {
  const { started, draw } = drawings();
  const drawer = new Redrawer(draw, fail);
  drawer.request();
  drawer.request();
  const finished = drawer.finish();
  started[0]?.end();
  await turn();
  expect(started).toHaveLength(2);
  started[1]?.end();
  expect(await finished).toBe(FILES);
});

test('a drawing that fails is reported and the run goes on; the last one fails the run', async () => {
  const { started, draw } = drawings();
  const failures: string[] = [];
  const drawer = new Redrawer(draw, (error) => failures.push(error.message));
  drawer.request();
  started[0]?.fail(new Error('disk full'));
  await turn();
  expect(failures).toEqual(['disk full']);
  const finished = drawer.finish();
  await turn();
  started[1]?.fail(new Error('disk still full'));
  await expect(finished).rejects.toThrow('disk still full');
});

function fail(error: Error): never {
  throw error;
}
