import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlan, type Plan, savePlan } from '../../src/engine/plan';
import { withWeightsFile } from '../../src/formats/weights-file';
import {
  type Calibration,
  Engine,
  type EngineBackend,
  type EnginePrecision,
  GoogLeNet,
  type GoogLeNetOptions,
  type Images,
  type Logits,
  loadModel,
  type OptimizeOptions,
  type StateTensor,
  Xception,
} from '../../src/index';
import {
  backendsOf,
  byteImages,
  differenceOf,
  finishedModel,
  floatImages,
  HAS_KERNELS,
  imageOf,
} from '../support/engines';
import { errorWith } from '../support/errors';
import { testWhere } from '../support/skip';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();

/** What each backend computes, and how far from the model's logits it may be, as a part of the largest. */
const KERNELS: [EngineBackend, EnginePrecision, boolean, number][] = [
  ['avx512', 'float32', true, 1e-4],
  ['avx512', 'float32', false, 1e-5],
  ['avx2', 'float32', true, 1e-4],
  ['avx2', 'float32', false, 1e-5],
  ['libtorch', 'float32', false, 1e-5],
  ['amx', 'bfloat16', false, 1e-2],
  ['avx512', 'bfloat16', false, 1e-2],
  ['libtorch', 'bfloat16', false, 1e-2],
  ['amx', 'int8', false, 1e-1],
  ['avx512', 'int8', false, 1e-1],
];

/** What `optimize` needs besides for a precision. */
const calibrationFor = (precision: EnginePrecision) =>
  precision === 'int8' ? { calibration: [byteImages(2), floatImages(2)] } : {};

const VARIANTS: [string, GoogLeNetOptions][] = [
  ['reference', {}],
  ['torchvision', { variant: 'torchvision', transformInput: true }],
  ['paper', { variant: 'paper' }],
  ['plain', { variant: 'plain' }],
];

describe.each(VARIANTS)('%s', (_, options) => {
  let model: GoogLeNet;
  let expected: Logits;
  const images = floatImages(3);

  beforeAll(async () => {
    model = await finishedModel(options);
    expected = await model.forward(images);
  });
  afterAll(() => model.dispose());

  for (const [backend, precision, winograd, tolerance] of KERNELS) {
    testWhere(backendsOf(precision).includes(backend), `this machine has no ${backend} for ${precision}`)(
      `${precision} by ${backend}${winograd ? ' and Winograd' : ''} gives the logits of all heads within ${tolerance}`,
      async () => {
        const engine = await model.optimize({
          backend,
          precision,
          winograd,
          outputs: 'all',
          ...calibrationFor(precision),
        });
        const found = await engine.forward(images);
        engine.dispose();
        expect(found.map((head) => head === null)).toEqual(expected.map((head) => head === null));
        for (const [head, logits] of expected.entries()) {
          const own = found[head];
          if (logits && own) expect(differenceOf(logits, own)).toBeLessThan(tolerance);
        }
      },
    );
  }
});

describe.each(['reference', 'torchvision'] as const)('the smallest images of %s', (variant) => {
  test('go through an engine as they go through the model', async () => {
    const model = await finishedModel({ variant });
    const engine = await model.optimize();
    const { min } = model.inputSizes;
    for (let side = min; side < min + 20; side++) {
      const image = floatImages(1, side);
      const [expected] = await model.forward(image);
      const [found] = await engine.forward(image);
      expect(differenceOf(expected, found)).toBeLessThan(1e-4);
    }
    engine.dispose();
    model.dispose();
  });
});

function bytesOf(tensor: StateTensor | undefined): Uint8Array {
  const { buffer, byteOffset, byteLength } = (tensor as StateTensor).data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

describe('an engine', () => {
  let model: GoogLeNet;
  let engine: Engine;

  beforeAll(async () => {
    model = await finishedModel();
    engine = await model.optimize();
  });
  afterAll(() => {
    engine.dispose();
    model.dispose();
  });

  test('leaves the model as it was, in whatever mode that is', async () => {
    model.train();
    const before = await model.stateDict();
    const other = await model.optimize({ outputs: 'all' });
    other.dispose();
    expect(model.training).toBe(true);
    const after = await model.stateDict();
    model.eval();
    // Not by toEqual, which takes seconds for millions of values.
    const isSame = (name: string) => Buffer.compare(bytesOf(before[name]), bytesOf(after[name])) === 0;
    expect(Object.keys(after).filter((name) => !isSame(name))).toEqual([]);
    expect(Object.keys(after)).toEqual(Object.keys(before));
  });

  test('computes as in evaluation mode, whatever mode the model is in', async () => {
    const images = floatImages(1);
    const [expected] = await model.forward(images);
    model.train();
    const other = await model.optimize();
    model.eval();
    const [found] = await other.forward(images);
    other.dispose();
    expect(differenceOf(expected, found)).toBeLessThan(1e-5);
  });

  test('does not learn of later changes of its model', async () => {
    const own = await finishedModel();
    const other = await own.optimize();
    const [before] = await other.forward(floatImages(1));
    const { 'fc.bias': bias } = await own.stateDict();
    bias?.data.fill(7 as never);
    await own.loadStateDict({ 'fc.bias': bias as never }, { strict: false });
    own.dispose();
    expect(await other.forward(floatImages(1))).toEqual([before, null, null]);
    other.dispose();
  });

  test('has the main logits alone unless it is asked for all', async () => {
    expect(engine.heads).toBe(1);
    const [main, aux1, aux2] = await engine.forward(floatImages(2));
    expect([main.shape, aux1, aux2]).toEqual([[2, 10], null, null]);
  });

  test('takes bytes as the model does', async () => {
    const images = byteImages(3);
    const [expected] = await model.forward(images);
    const [found] = await engine.forward(images);
    expect(differenceOf(expected, found)).toBeLessThan(1e-5);
  });

  test.each([
    [223, 224],
    [254, 223],
  ])('takes images of %i×%i', async (height, width) => {
    const data = Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i));
    const images: Images = { data, shape: [1, 3, height, width] };
    const [expected] = await model.forward(images);
    const [found] = await engine.forward(images);
    expect(differenceOf(expected, found)).toBeLessThan(1e-5);
  });

  test.each(['libtorch', 'auto'] as const)(
    'gives NaN for an image with NaN or infinity, and for no other (%s)',
    async (backend) => {
      const other = await model.optimize({ backend });
      const images = floatImages(4);
      const { length } = images.data;
      images.data[length / 4 + 77] = Number.NaN;
      images.data[length - 1] = Number.NEGATIVE_INFINITY;
      const [{ data }] = await other.forward(images);
      other.dispose();
      const logits = [0, 1, 2, 3].map((i) => data.subarray(i * 10, i * 10 + 10));
      expect(logits.map((own) => own.every(Number.isNaN))).toEqual([false, true, false, true]);
      expect(logits.map((own) => own.every(Number.isFinite))).toEqual([true, false, true, false]);
    },
  );

  test('the array may be reused as soon as forward() has returned', async () => {
    const images = floatImages(1);
    const [expected] = await engine.forward(images);
    const pending = engine.forward(images);
    images.data.fill(0);
    expect(await pending).toEqual([expected, null, null]);
  });

  test.each([1, 2, 3])('calls at the same time get their own logits, with %i threads', async (threads) => {
    const other = await model.optimize({ threads, maxBatch: 4 });
    const images = floatImages(9);
    const alone = await Promise.all([...Array(9).keys()].map((i) => other.forward(imageOf(images, i))));
    const [together] = await other.forward(images);
    other.dispose();
    expect(alone.flatMap(([{ data }]) => [...data])).toEqual([...together.data]);
  });

  test('gives as many logits as there are, whether they are copied or handed over', async () => {
    const other = await finishedModel({ numClasses: 1000 });
    const one = await other.optimize({ maxBatch: 5 });
    const side = other.inputSizes.min;
    // 80 kB of logits; up to 64 KiB are copied.
    const images = floatImages(20, side);
    const [all] = await one.forward(images);
    expect(all.shape).toEqual([20, 1000]);
    expect(all.data.buffer.byteLength).toBe(80_000);
    for (const i of [0, 7, 19]) {
      const [{ data, shape }] = await one.forward(imageOf(images, i));
      expect(shape).toEqual([1, 1000]);
      expect(data).toEqual(all.data.slice(i * 1000, (i + 1) * 1000));
    }
    one.dispose();
    other.dispose();
    // Memory that was handed over outlives who gave it.
    expect(all.data.every(Number.isFinite)).toBe(true);
  });

  test('a small call need not wait for all of a large one', async () => {
    const other = await model.optimize({ maxBatch: 2 });
    // Made beforehand: it takes as long as some of them are computed.
    const [large, small] = [floatImages(12), floatImages(1)];
    const order: string[] = [];
    await Promise.all([
      other.forward(large).then(() => order.push('large')),
      other.forward(small).then(() => order.push('small')),
    ]);
    other.dispose();
    expect(order).toEqual(['small', 'large']);
  });

  test('classifies an image as the model does', async () => {
    const image = { data: byteImages(1).data as Uint8Array, width: 224, height: 224 };
    const [expected] = await model.classify(image);
    const [found] = await engine.classify(image, { topK: 1 });
    expect(found).toMatchObject({ label: expected?.label, index: expected?.index });
    expect(found?.probability).toBeCloseTo(expected?.probability ?? 0, 5);
  });

  test('describes what it does: every layer, its kernel, its cost', async () => {
    const { steps, multiplyAdds, weightBytes, arenaBytes, ...rest } = await engine.describe();
    expect(rest).toEqual({
      precision: 'float32',
      backend: engine.backend,
      threads: engine.threads,
      maxBatch: 32,
    });
    const { layers } = await model.summary();
    const own = layers.filter(({ name }) => !name.startsWith('auxilliary'));
    const names = steps.flatMap(({ name }) => name.split(' + '));
    const computed = own.filter(({ type }) => type !== 'BatchNorm2d').map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(computed));
    expect(multiplyAdds).toBe(own.reduce((sum, layer) => sum + layer.multiplyAdds, 0));
    expect(weightBytes).toBeGreaterThan(20e6);
    expect(arenaBytes).toBeGreaterThan(0);
  });
});

describe('profile()', () => {
  const model = new GoogLeNet({ numClasses: 10, seed: 0 });
  afterAll(() => model.dispose());

  testWhere(HAS_KERNELS, 'this machine has no kernels of ours')(
    'times each step that describe() names, between calls and without a trace in their logits',
    async () => {
      const engine = await model.optimize();
      const images = floatImages(3);
      const [expected] = await engine.forward(images);
      const [found, times, later] = await Promise.all([
        engine.forward(images),
        engine.profile({ height: 230, width: 240, runs: 3 }),
        engine.forward(images),
      ]);
      expect(found[0]).toEqual(expected);
      expect(later[0]).toEqual(expected);
      expect(times).toHaveLength((await engine.describe({ height: 230, width: 240 })).steps.length);
      for (const time of times) expect(time).toBeGreaterThan(0);
      const pending = engine.profile({ runs: 1 });
      engine.dispose();
      await expect(pending).resolves.toHaveLength(times.length);
      await expect(engine.profile()).rejects.toMatchObject(errorWith('DISPOSED'));
    },
  );

  testWhere(HAS_KERNELS, 'this machine has no kernels of ours')(
    'lets calls in between its turns',
    async () => {
      const engine = await model.optimize();
      const order: string[] = [];
      const profiled = engine.profile({ runs: 200 }).then(() => order.push('profile'));
      await engine.forward(floatImages(1)).then(() => order.push('forward'));
      await profiled;
      expect(order).toEqual(['forward', 'profile']);
      engine.dispose();
    },
  );

  test('of an engine on libtorch is UNSUPPORTED; wrong options are refused by name', async () => {
    const engine = await model.optimize({ backend: 'libtorch' });
    await expect(engine.profile()).rejects.toMatchObject(errorWith('UNSUPPORTED', 'libtorch'));
    await expect(engine.profile({ runs: 0 })).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'runs'));
    await expect(engine.profile({ times: 3 } as object)).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'times'),
    );
    await expect(engine.profile({ height: 7 })).rejects.toMatchObject(errorWith('INVALID_SHAPE', '7'));
    engine.dispose();
  });
});

describe('an AbortSignal', () => {
  let model: GoogLeNet;
  beforeAll(async () => {
    model = await finishedModel();
  });
  afterAll(() => model.dispose());

  describe.each(['auto', 'libtorch'] as const)('%s', (backend) => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await model.optimize({ backend });
    });
    afterAll(() => engine.dispose());

    test('that is aborted already starts nothing', async () => {
      const failed = engine.forward(floatImages(1), { signal: AbortSignal.abort('mine') });
      await expect(failed).rejects.toMatchObject({ ...errorWith('ABORTED'), cause: 'mine' });
    });

    test('takes a waiting call out of the queue, and the others go on', async () => {
      // Made beforehand: it takes as long as some of them are computed.
      const [many, one] = [floatImages(20), floatImages(1)];
      const { signal } = abortSoon(0);
      const first = engine.forward(many);
      const waiting = engine.forward(one, { signal });
      const last = engine.forward(one);
      await expect(waiting).rejects.toMatchObject(errorWith('ABORTED'));
      expect((await first)[0].shape).toEqual([20, 10]);
      expect((await last)[0].data.every(Number.isFinite)).toBe(true);
    });

    test('stops a call in the middle', async () => {
      await engine.forward(floatImages(1));
      const images = floatImages(32);
      const begin = performance.now();
      await engine.forward(images);
      const whole = performance.now() - begin;
      const { signal, stopped } = abortSoon(whole / 8);
      await expect(engine.forward(images, { signal })).rejects.toMatchObject(errorWith('ABORTED'));
      expect(performance.now() - (await stopped)).toBeLessThan(whole / 2);
      expect((await engine.forward(floatImages(1)))[0].data.every(Number.isFinite)).toBe(true);
    });
  });
});

function abortSoon(ms: number): { signal: AbortSignal; stopped: Promise<number> } {
  const controller = new AbortController();
  const stopped = new Promise<number>((resolve) => {
    setTimeout(() => {
      controller.abort();
      resolve(performance.now());
    }, ms);
  });
  return { signal: controller.signal, stopped };
}

describe('dispose()', () => {
  test.each(['auto', 'libtorch'] as const)(
    'lets what is queued finish; then the engine is gone (%s)',
    async (backend) => {
      const model = new GoogLeNet({ numClasses: 10, seed: 0 });
      const engine = await model.optimize({ backend });
      model.dispose();
      const pending = engine.forward(floatImages(3));
      engine.dispose();
      engine.dispose();
      expect(engine.disposed).toBe(true);
      expect((await pending)[0].shape).toEqual([3, 10]);
      await expect(engine.forward(floatImages(1))).rejects.toMatchObject(errorWith('DISPOSED'));
      await expect(engine.describe()).rejects.toMatchObject(errorWith('DISPOSED'));
      await expect(engine.save(folder('plan'))).rejects.toMatchObject(errorWith('DISPOSED'));
    },
  );
});

describe('a plan', () => {
  let model: GoogLeNet;
  beforeAll(async () => {
    model = await finishedModel({ classes: [...'abcdefghij'] });
  });
  afterAll(() => model.dispose());

  for (const precision of ['float32', 'bfloat16', 'int8'] as const) {
    testWhere(backendsOf(precision).length > 0, `this machine has no instructions for ${precision}`)(
      `in ${precision} is saved and loaded with the same bits, classes and sizes`,
      async () => {
        const engine = await model.optimize({
          precision,
          outputs: 'all',
          threads: 1,
          ...calibrationFor(precision),
        });
        await engine.save(folder('plan.safetensors'));
        const loaded = await Engine.load(folder('plan.safetensors'));
        expect(loaded).toMatchObject({
          precision,
          heads: 3,
          classes: model.classes,
          inputSizes: model.inputSizes,
        });
        const images = byteImages(2);
        expect(await loaded.forward(images)).toEqual(await engine.forward(images));
        await expect(loaded.save(folder('again'))).rejects.toMatchObject(
          errorWith('UNSUPPORTED', 'Copy that file'),
        );
        engine.dispose();
        loaded.dispose();
      },
    );
  }

  test('of one backend runs on another', async () => {
    const engine = await model.optimize();
    await engine.save(folder('plan.safetensors'));
    const libtorch = await Engine.load(folder('plan.safetensors'), { backend: 'libtorch' });
    const asModel = loadModel(folder('plan.safetensors'));
    await expect(asModel).rejects.toMatchObject(errorWith('WEIGHTS_MISMATCH', 'Engine.load()'));
    const [expected] = await engine.forward(floatImages(1));
    const [found] = await libtorch.forward(floatImages(1));
    engine.dispose();
    libtorch.dispose();
    expect(differenceOf(expected, found)).toBeLessThan(1e-5);
  });

  describe('that is damaged', () => {
    const path = () => folder('plan.safetensors');
    let bytes: Buffer;
    let sound: Plan;

    beforeAll(async () => {
      const dir = await mkdtemp(join(tmpdir(), 'googlenet-'));
      const file = join(dir, 'plan.safetensors');
      const engine = await model.optimize({ precision: 'bfloat16' });
      await engine.save(file);
      engine.dispose();
      [bytes, sound] = [await readFile(file), await withWeightsFile(file, loadPlan)];
      await rm(dir, { recursive: true });
    });

    test('is refused where a byte has changed or the end is missing', async () => {
      const at = bytes.length - 1000;
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await writeFile(path(), bytes);
      await expect(Engine.load(path())).rejects.toMatchObject(errorWith('INVALID_WEIGHTS'));
      await truncate(path(), 1e6);
      await expect(Engine.load(path())).rejects.toMatchObject(errorWith('INVALID_WEIGHTS'));
    });

    /** Each with a sound checksum: written on purpose. */
    test.each<[string, (plan: Plan) => void]>([
      [
        'a layer that reads what is not there',
        ({ network }) => Object.assign(network.layers[3] as object, { input: 999 }),
      ],
      ['a layer that reads what is written later', ({ network }) => network.layers.reverse()],
      [
        'channels beyond the end',
        ({ network }) => Object.assign(network.layers[5] as object, { channel: 500 }),
      ],
      [
        'channels that nothing writes',
        ({ network }) => Object.assign(network.values[4] as object, { channels: 4096 }),
      ],
      [
        'a kernel of another size',
        ({ network }) => Object.assign(network.layers[0] as object, { window: 9 }),
      ],
      ['a huge padding', ({ network }) => Object.assign(network.layers[0] as object, { padding: 1e6 })],
      ['no stride', ({ network }) => Object.assign(network.layers[0] as object, { stride: 0 })],
      [
        'a size that is no number',
        ({ network }) => Object.assign(network.layers[0] as object, { outputs: '64' }),
      ],
      [
        'an unknown kind of layer',
        ({ network }) => Object.assign(network.layers[0] as object, { kind: 'system' }),
      ],
      ['heads that are not there', ({ network }) => Object.assign(network, { heads: [12345] })],
      ['no heads', ({ network }) => Object.assign(network, { heads: [] })],
      [
        'another precision than its weights',
        ({ network }) => Object.assign(network, { precision: 'float32' }),
      ],
      ['no layers', ({ network }) => Object.assign(network, { layers: [] })],
      [
        'channels that cannot be printed',
        ({ network }) => Object.assign(network.values[0] as object, { channels: { toString: 1 } }),
      ],
      ['no values', ({ network }) => Object.assign(network, { values: null })],
      ['a negative number of classes', ({ model }) => Object.assign(model, { numClasses: -3 })],
      [
        'other classes than logits',
        ({ model }) => Object.assign(model, { numClasses: 9, classes: undefined }),
      ],
      ['classes without names', ({ model }) => Object.assign(model, { classes: Array(10).fill({}) })],
      [
        'sizes of images that end before they begin',
        ({ model }) => Object.assign(model, { inputSizes: { min: 500, max: 10, reason: '' } }),
      ],
      [
        'two layers of one name',
        ({ network }) => Object.assign(network.layers[3] as object, { name: network.layers[0]?.name }),
      ],
      [
        'a layer through which no image fits',
        ({ network }) => {
          for (const layer of network.layers) if (layer.kind === 'maxPool') layer.stride = 16;
        },
      ],
      [
        'pools of what may be negative',
        ({ network }) => {
          for (const layer of network.layers) layer.relu = false;
        },
      ],
      ['no model', (whole) => Object.assign(whole, { model: undefined })],
      ['weights missing', ({ tensors }) => delete (tensors as Record<string, unknown>)['fc.bias']],
    ])('is refused with %s', async (_, damage) => {
      const { model: described, network, tensors } = sound;
      const plan = { ...structuredClone({ model: described, network }), tensors: { ...tensors } };
      damage(plan);
      await savePlan(path(), plan);
      await expect(Engine.load(path())).rejects.toMatchObject(errorWith('INVALID_WEIGHTS', path()));
    });
  });

  test('is not a file of weights', async () => {
    await model.save(folder('weights.safetensors'));
    const failed = Engine.load(folder('weights.safetensors'));
    await expect(failed).rejects.toMatchObject(errorWith('INVALID_WEIGHTS', 'optimize()'));
    await expect(Engine.load(folder('nowhere'))).rejects.toMatchObject(errorWith('FILE_NOT_FOUND'));
  });
});

describe('bad options', () => {
  let model: GoogLeNet;
  beforeAll(() => {
    model = new GoogLeNet({ numClasses: 10, seed: 0 });
  });
  afterAll(() => model.dispose());

  test.each<[OptimizeOptions | object, string]>([
    [{ precision: 'float16' }, 'precision'],
    [{ backend: 'sse' }, 'backend'],
    [{ threads: 0 }, 'threads'],
    [{ threads: 1.5 }, 'threads'],
    [{ maxBatch: -1 }, 'maxBatch'],
    [{ outputs: 'aux1' }, 'outputs'],
    [{ winograd: 1 }, 'winograd'],
    [{ thread: 1 }, 'thread'],
    [{ precision: 'int8' }, 'calibration'],
    [{ calibration: [] }, 'calibration'],
    [{ precision: 'int8', calibration: 7 }, 'calibration'],
  ])('%j is refused by name', async (options, name) => {
    await expect(model.optimize(options as OptimizeOptions)).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', name),
    );
  });

  test('a backend that does not compute the precision is refused with those that do', async () => {
    const failed = model.optimize({ precision: 'bfloat16', backend: 'avx2' });
    await expect(failed).rejects.toMatchObject(errorWith('UNSUPPORTED', 'amx, avx512, libtorch'));
  });

  testWhere(backendsOf('int8').length > 0, 'this machine has no instructions for int8')(
    'images that cannot calibrate are refused',
    async () => {
      const int8 = (calibration: Calibration) => model.optimize({ precision: 'int8', calibration });
      await expect(int8([])).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'at least one batch'));
      const images = floatImages(1);
      images.data[5] = Number.NaN;
      await expect(int8(images)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'NaN'));
      const small = { data: new Uint8Array(3), shape: [1, 1, 1, 3] };
      await expect(int8(small)).rejects.toMatchObject(errorWith('INVALID_SHAPE'));
    },
  );

  testWhere(backendsOf('int8').length === 0, 'this machine has them')(
    'int8 is refused without its instructions',
    async () => {
      const failed = model.optimize({ precision: 'int8', calibration: floatImages(1) });
      await expect(failed).rejects.toMatchObject(errorWith('UNSUPPORTED', 'amx, or avx512 with VNNI'));
    },
  );

  testWhere(!backendsOf('bfloat16').includes('amx'), 'this machine has amx')(
    'a backend that this machine lacks is refused with those that it has',
    async () => {
      const failed = model.optimize({ precision: 'bfloat16', backend: 'amx' });
      await expect(failed).rejects.toMatchObject(errorWith('UNSUPPORTED', 'libtorch'));
    },
  );

  test('a network with layers that no engine has is refused by the name of the first', async () => {
    const xception = new Xception({ numClasses: 10, seed: 0 });
    await expect(xception.optimize()).rejects.toMatchObject(errorWith('UNSUPPORTED', "'entry1'"));
    xception.dispose();
  });

  test('images that the model does not take, an engine does not take either', async () => {
    const engine = await model.optimize();
    const bad = engine.forward({ data: new Float32Array(3 * 64 * 64), shape: [1, 3, 64, 64] });
    await expect(bad).rejects.toMatchObject(errorWith('INVALID_SHAPE', '64×64'));
    const short = engine.forward({ data: new Float32Array(7), shape: [1, 3, 224, 224] });
    await expect(short).rejects.toMatchObject(errorWith('INVALID_SHAPE'));
    const wrong = engine.forward({ data: new Float64Array(3 * 224 * 224) as never, shape: [1, 3, 224, 224] });
    await expect(wrong).rejects.toMatchObject(errorWith('INVALID_DTYPE'));
    engine.dispose();
  });
});
