import { CallQueue, readMaxQueue } from '../../src/native/call-queue';
import { errorWith } from '../support/errors';

/** A call whose answer the test decides about, as an engine's would come. */
function deferred() {
  let resolve: (value: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<string>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const queued = (images: number, bytes = images) => ({
  images,
  bytes,
  signal: undefined,
  cancel: () => {},
});

test('what waits is bounded by images and by bytes, and answers make room', async () => {
  const queue = new CallQueue({ images: 4, bytes: 100 });
  const first = deferred();
  const running = [queue.run(queued(3, 60), () => first.promise), queue.run(queued(1, 40), async () => 'b')];
  expect(queue.pending).toEqual({ calls: 2, images: 4, bytes: 100 });
  const start = jest.fn();
  await expect(queue.run(queued(1, 0), start)).rejects.toMatchObject(errorWith('OVERLOADED', 'maxQueue'));
  await running[1];
  await expect(queue.run(queued(1, 41), start)).rejects.toMatchObject(errorWith('OVERLOADED', '100 bytes'));
  expect(start).not.toHaveBeenCalled();
  first.resolve('a');
  await running[0];
  expect(queue.pending).toEqual({ calls: 0, images: 0, bytes: 0 });
  await expect(queue.run(queued(4, 100), async () => 'c')).resolves.toBe('c');
});

test('a queue may take more than one call of any size', async () => {
  const queue = new CallQueue({ images: 1, bytes: 1 }, 2);
  const first = deferred();
  const running = [queue.run(queued(50), () => first.promise), queue.run(queued(50), async () => 'b')];
  await expect(queue.run(queued(1), async () => 'c')).rejects.toMatchObject(errorWith('OVERLOADED'));
  first.resolve('a');
  expect(await Promise.all(running)).toEqual(['a', 'b']);
});

test('a call that is larger than the queue is taken alone', async () => {
  const queue = new CallQueue({ images: 4, bytes: 100 });
  const large = deferred();
  const answer = queue.run(queued(2000, 1e9), () => large.promise);
  await expect(queue.run(queued(1), async () => 'no')).rejects.toMatchObject(errorWith('OVERLOADED'));
  large.resolve('yes');
  expect(await answer).toBe('yes');
});

test('calls that fail make room too, and the queue says when it is empty', async () => {
  const queue = new CallQueue({ images: 1, bytes: 1 });
  await queue.empty();
  const call = deferred();
  const answer = queue.run(queued(1), () => call.promise);
  let isEmpty = false;
  const empty = queue.empty().then(() => {
    isEmpty = true;
  });
  await Promise.resolve();
  expect(isEmpty).toBe(false);
  call.reject(new Error('mine'));
  await expect(answer).rejects.toThrow('mine');
  await empty;
});

test('a signal is looked at before anything else, and cancels by the id of its call', async () => {
  const queue = new CallQueue({ images: 1, bytes: 1 });
  const start = jest.fn();
  const over = { ...queued(9), signal: AbortSignal.abort() };
  await expect(queue.run(over, start)).rejects.toMatchObject(errorWith('ABORTED'));
  expect(start).not.toHaveBeenCalled();

  const controller = new AbortController();
  const cancelled: number[] = [];
  const call = deferred();
  const cancel = ({ id }: { id: number }) => cancelled.push(id);
  let startedAs = 0;
  const answer = queue.run({ ...queued(1), signal: controller.signal, cancel }, (id) => {
    startedAs = id;
    return call.promise;
  });
  controller.abort();
  expect(cancelled).toEqual([startedAs]);
  await expect(answer).rejects.toMatchObject(errorWith('ABORTED'));
  // What cannot be stopped still takes its room.
  expect(queue.pending.calls).toBe(1);
  call.resolve('for nobody');
  await queue.empty();
  expect(queue.pending.calls).toBe(0);
});

test.each([[{ images: 0 }], [{ bytes: 1.5 }], [{ calls: 3 }], [7]])('maxQueue %j is refused', (value) => {
  expect(() => readMaxQueue(value)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

test('a call whose signal cannot be listened to is not counted for ever', async () => {
  const queue = new CallQueue({ images: 1, bytes: 1 });
  const addEventListener = () => {
    throw new Error('no');
  };
  const signal = {
    aborted: false,
    addEventListener,
    removeEventListener: () => {},
  } as unknown as AbortSignal;
  await expect(queue.run({ ...queued(1), signal }, async () => 'a')).rejects.toThrow('no');
  expect(queue.pending).toEqual({ calls: 0, images: 0, bytes: 0 });
  await queue.empty();
});
