import { type Engine, GoogLeNet, type Images, InceptionModule, Trainer } from '../../src/index';
import { backendsOf, byteImages } from '../support/engines';
import { errorWith } from '../support/errors';

const SIDE = 64;
const one = () => byteImages(1, SIDE);
const many = () => byteImages(96, SIDE);
const BYTES = SIDE * SIDE * 3;

type Callee = Pick<GoogLeNet | Engine, 'pending' | 'close' | 'disposed'> & {
  forward(images: Images, options?: { signal?: AbortSignal }): Promise<unknown>;
  [Symbol.asyncDispose](): Promise<void>;
};

const newModel = (options: object = {}) => {
  const model = new GoogLeNet({
    variant: 'torchvision',
    initWeights: false,
    auxLogits: false,
    numClasses: 10,
    seed: 0,
    ...options,
  });
  model.eval();
  return model;
};

async function newEngine(backend: string, maxQueue: object | undefined): Promise<Engine> {
  const model = newModel();
  const engine = await model.optimize({
    backend: backend as 'avx2',
    threads: 1,
    ...(maxQueue && { maxQueue }),
  });
  model.dispose();
  return engine;
}

const KINDS: [string, (maxQueue?: object) => Promise<Callee>][] = [
  ['a model', async (maxQueue) => newModel(maxQueue && { maxQueue }) as Callee],
  ...[...new Set(['libtorch', ...backendsOf('float32').slice(0, 1)])].map(
    (backend): [string, (maxQueue?: object) => Promise<Callee>] => [
      `an engine of the backend ${backend}`,
      (maxQueue) => newEngine(backend, maxQueue),
    ],
  ),
];

describe.each(KINDS)('%s', (_, make) => {
  test('refuses what does not fit into its queue, says what waits, and takes more after that', async () => {
    const callee = await make({ images: 3, bytes: 100 * BYTES });
    const running = [callee.forward(one()), callee.forward(byteImages(2, SIDE))];
    expect(callee.pending).toEqual({ calls: 2, images: 3, bytes: 3 * BYTES });
    await expect(callee.forward(one())).rejects.toMatchObject(
      errorWith('OVERLOADED', '3 images', 'maxQueue'),
    );
    await Promise.all(running);
    expect(callee.pending).toEqual({ calls: 0, images: 0, bytes: 0 });
    await callee.forward(one());
    await callee.close();
  });

  test('bounds the memory of what waits', async () => {
    const callee = await make({ bytes: 2 * BYTES });
    const running = [callee.forward(one()), callee.forward(one())];
    await expect(callee.forward(one())).rejects.toMatchObject(errorWith('OVERLOADED', `${2 * BYTES} bytes`));
    await Promise.all(running);
    await callee.close();
  });

  test('counts the bytes that are copied, whatever an array of the caller says', async () => {
    class Lying extends Uint8Array {
      override get byteLength(): number {
        return Number.NaN;
      }
    }
    const callee = await make();
    await callee.forward({ ...one(), data: new Lying(BYTES) });
    expect(callee.pending).toEqual({ calls: 0, images: 0, bytes: 0 });
    await Promise.all([callee.forward(one()), callee.forward(one())]);
    await callee.close();
  });

  test('looks at a signal first, and drops a call that waits as soon as it is aborted', async () => {
    const callee = await make();
    const aborted = AbortSignal.abort(new Error('mine'));
    const never = callee.forward({ data: new Uint8Array(1), shape: [7] }, { signal: aborted });
    await expect(never).rejects.toMatchObject({ code: 'ABORTED', cause: aborted.reason });

    const order: string[] = [];
    const first = callee.forward(many()).then(() => order.push('first'));
    const controller = new AbortController();
    const second = callee
      .forward(many(), { signal: controller.signal })
      .catch((error) => order.push(error.code));
    const third = callee.forward(one()).then(() => order.push('third'));
    controller.abort();
    await second;
    expect(order).toEqual(['ABORTED']);
    while (callee.pending.calls > 2) await new Promise((resolve) => setImmediate(resolve));
    // It has left the queue while the first one was still computed.
    expect(order).toEqual(['ABORTED']);
    expect(callee.pending.images).toBe(97);
    await Promise.all([first, third]);
    await callee.close();
  });

  test('finishes what is queued when it is closed, and takes nothing more', async () => {
    const callee = await make();
    let answered = 0;
    for (let i = 0; i < 3; i++) callee.forward(one()).then(() => answered++);
    const closed = callee.close();
    expect(callee.disposed).toBe(true);
    await expect(callee.forward(one())).rejects.toMatchObject(errorWith('DISPOSED'));
    await closed;
    expect(answered).toBe(3);
    await callee[Symbol.asyncDispose]();
  });
});

test('classify counts before it decodes, and takes a signal', async () => {
  const model = newModel({ maxQueue: { images: 1 } });
  const engine = await model.optimize({ maxQueue: { images: 1 } });
  const image = { data: byteImages(1).data as Uint8Array, width: 224, height: 224 };
  for (const callee of [model, engine]) {
    const first = callee.classify(image);
    expect(callee.pending.images).toBe(1);
    await expect(callee.classify(image)).rejects.toMatchObject(errorWith('OVERLOADED'));
    await first;
    const late = callee.classify('/there/is/no/such/file', { signal: AbortSignal.abort() });
    await expect(late).rejects.toMatchObject(errorWith('ABORTED'));
    await callee.close();
  }
});

test('an image that is still decoded when its model or engine is disposed gets its answer', async () => {
  const model = newModel();
  const engine = await model.optimize();
  const image = { data: byteImages(1).data as Uint8Array, width: 224, height: 224 };
  for (const callee of [engine, model]) {
    const answer = callee.classify(image);
    callee.dispose();
    expect(callee.disposed).toBe(true);
    await expect(callee.classify(image)).rejects.toMatchObject(errorWith('DISPOSED'));
    expect(await answer).toHaveLength(5);
  }
});

test('features, Grad-CAM and inception modules have signals too', async () => {
  const model = newModel();
  const signal = AbortSignal.abort();
  const block = new InceptionModule({
    ...{ inChannels: 4, ch1x1: 1, ch3x3Reduce: 1, ch3x3: 1, ch5x5Reduce: 1, ch5x5: 1, poolProj: 1 },
    maxQueue: { images: 1 },
  });
  const input = { data: new Float32Array(4 * 64), shape: [1, 4, 8, 8] };
  for (const call of [
    model.features(one(), ['conv1'], { signal }),
    model.gradCam(one(), [0], undefined, { signal }),
    model.forward(one(), { signal }),
    block.forward(input, { signal }),
    block.forwardAndPull(input, { signal }),
  ])
    await expect(call).rejects.toMatchObject(errorWith('ABORTED'));
  const running = block.forward(input);
  await expect(block.forward(input)).rejects.toMatchObject(errorWith('OVERLOADED'));
  await running;
  await Promise.all([model.close(), block.close()]);
});

test('steps and evaluations of a trainer are bounded apart from the calls of its model', async () => {
  const model = newModel({ maxQueue: { images: 4 } });
  const trainer = new Trainer(model);
  const batch = () => byteImages(2, SIDE);
  const forward = model.forward(byteImages(4, SIDE));
  const running = [trainer.step(batch(), [0, 1]), trainer.evaluate(batch(), [0, 1])];
  expect(trainer.pending).toEqual({ calls: 2, images: 4, bytes: 4 * BYTES });
  model.eval();
  await expect(trainer.step(batch(), [0, 1])).rejects.toMatchObject(errorWith('OVERLOADED'));
  expect(model.training).toBe(false);
  await Promise.all([forward, ...running]);
  expect(trainer.pending.calls).toBe(0);
  await trainer.step(batch(), [0, 1]);
  await model.close();
});

test.each([{ images: 0 }, { bytes: -1 }, { image: 1 }, 5])(
  'maxQueue %j is refused by name',
  async (maxQueue) => {
    const wrong = maxQueue as object;
    expect(() => newModel({ maxQueue: wrong })).toThrow(
      expect.objectContaining(errorWith('INVALID_ARGUMENT', 'maxQueue')),
    );
    await expect(newEngine('libtorch', wrong)).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'maxQueue'),
    );
  },
);
