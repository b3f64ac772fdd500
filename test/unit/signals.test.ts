/** A signal is looked at first, while an image waits for its turn, and between all stages. */
import { getEventListeners } from 'node:events';
import sharp from 'sharp';
import { onAbort, unlessAborted } from '../../src/core/abort.js';
import { Limiter } from '../../src/data/limiter.js';
import { decodeImage, loadImages, preprocess } from '../../src/index.js';
import { CallQueue, readMaxQueue } from '../../src/native/call-queue.js';
import { errorWith } from '../support/errors.js';

const ABORTED = errorWith('ABORTED');
const photo = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: '#963' } })
    .png()
    .toBuffer();

test('One that has come is seen before anything is read', async () => {
  const signal = AbortSignal.abort('enough');
  for (const call of [
    () => decodeImage('none.png', { signal }),
    () => loadImages(['none.png'], { signal }),
    () => preprocess([{ data: new Uint8Array(3), height: 1, width: 1 }], { signal }),
  ])
    await expect(call()).rejects.toMatchObject({ ...ABORTED, cause: 'enough' });
  expect(sharp.counters()).toEqual({ queue: 0, process: 0 });
});

test.each([
  ['decodeImage', (file: Uint8Array, signal: AbortSignal) => decodeImage(file, { signal })],
  ['loadImages', (file: Uint8Array, signal: AbortSignal) => loadImages([file, file], { signal })],
])('%s ends where it comes while an image is decoded', async (_, call) => {
  const file = await photo(900);
  const controller = new AbortController();
  // Said when an image is given to sharp.
  const abort = () => controller.abort();
  sharp.queue.once('change', abort);
  await expect(call(file, controller.signal)).rejects.toMatchObject(ABORTED);
  sharp.queue.off('change', abort);
  expect(sharp.counters()).toEqual({ queue: 0, process: 0 });
});

test('An image that waits for its turn leaves the queue, and the others go on', async () => {
  const file = await photo(900);
  const controller = new AbortController();
  const warned = jest.fn();
  process.on('warning', warned);
  let given = 0;
  const count = () => given++;
  const others = Array.from({ length: 6 }, () => decodeImage(file));
  const waiting = Array.from({ length: 50 }, () => decodeImage(file, { signal: controller.signal }));
  sharp.queue.on('change', count);
  controller.abort();
  for (const one of await Promise.allSettled(waiting)) expect(one).toMatchObject({ reason: ABORTED });
  for (const image of await Promise.all(others)) expect(image.height).toBe(900);
  sharp.queue.off('change', count);
  // Each image that is decoded changes the queue twice.
  expect(given).toBeLessThan(2 * 50);
  // A warning comes in a turn of its own.
  await new Promise(setImmediate);
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});

test('A limiter runs no task whose signal has come, and keeps its slots', async () => {
  const limiter = new Limiter(1);
  let release = () => {};
  const first = limiter.run(() => new Promise<string>((resolve) => (release = () => resolve('first'))));
  const controller = new AbortController();
  const never = jest.fn();
  const second = limiter.run(never, controller.signal);
  const third = limiter.run(async () => 'third');
  const gone = limiter.run(never, AbortSignal.abort());
  await expect(gone).rejects.toMatchObject(ABORTED);
  controller.abort();
  await expect(second).rejects.toMatchObject(ABORTED);
  release();
  expect(await Promise.all([first, third])).toEqual(['first', 'third']);
  expect(await limiter.run(async () => 'fourth')).toBe('fourth');
  expect(never).not.toHaveBeenCalled();
});

test('A task that has had its turn leaves no listener on its signal', async () => {
  const limiter = new Limiter(1);
  const { signal } = new AbortController();
  const tasks = Array.from({ length: 3 }, () => limiter.run(async () => 'done', signal));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await Promise.all(tasks);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('Work that cannot be stopped is left, with its result dropped', async () => {
  const controller = new AbortController();
  const work = new Promise<never>(() => undefined);
  const raced = unlessAborted(work, controller.signal, 'The work');
  controller.abort();
  await expect(raced).rejects.toMatchObject(errorWith('ABORTED', 'The work was aborted'));
  expect(await unlessAborted(Promise.resolve(7), new AbortController().signal, 'it')).toBe(7);
});

test('One signal for all calls of a program is listened to once, and let go of with the last of them', async () => {
  const warned = jest.fn();
  process.on('warning', warned);
  const { signal } = new AbortController();
  const queue = new CallQueue(readMaxQueue({}));
  const cancel = jest.fn();
  let end = (_: string) => {};
  const answer = new Promise<string>((resolve) => {
    end = resolve;
  });
  const calls = Array.from({ length: 30 }, () =>
    queue.run({ images: 1, bytes: 1, signal, cancel }, () => answer),
  );
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  end('done');
  await Promise.all(calls);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  await new Promise(setImmediate);
  process.off('warning', warned);
  expect([warned.mock.calls, cancel.mock.calls]).toEqual([[], []]);
});

test('A signal that comes reaches every listener that has not been taken back, once', () => {
  const controller = new AbortController();
  const [kept, taken] = [jest.fn(), jest.fn()];
  onAbort(controller.signal, kept);
  const release = onAbort(controller.signal, taken);
  release();
  release();
  controller.abort();
  expect([kept.mock.calls.length, taken.mock.calls.length]).toEqual([1, 0]);
});

test('What lacks something of a signal, or throws when it is looked at, is none', async () => {
  const half = { aborted: false, addEventListener: () => undefined };
  for (const signal of [half, Object.create(AbortSignal.prototype), 5, null]) {
    const wrong = { signal: signal as AbortSignal };
    await expect(loadImages([], wrong)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
});
