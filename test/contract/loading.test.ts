/** Weights that are loaded: tensors that are like PyTorch's old ones, tensors that nobody wants, and loads that are given up. */
import { readFile, writeFile } from 'node:fs/promises';
import { convertWeights, Engine, GoogLeNet, loadModel, type StateDict, Xception } from '../../src/index';
import { errorWith } from '../support/errors';
import { safetensorsBytes } from '../support/safetensors-bytes';
import { temporaryFolder } from '../support/temporary-folder';

const at = temporaryFolder();
const COUNTER = 'conv1.bn.num_batches_tracked';
const OPTIONS = {
  variant: 'torchvision',
  numClasses: 2,
  auxLogits: false,
  initWeights: false,
  seed: 0,
} as const;

/** A safetensors file of a model's tensors, with what is changed in its header, and bytes behind its data. */
async function write(
  state: StateDict,
  change: (
    header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>,
    bytes: number,
  ) => void,
  more = 0,
): Promise<string> {
  const header: Parameters<typeof change>[0] = {};
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(state)) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    header[name] = { dtype, shape: [...shape], data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  change(header, offset);
  await writeFile(
    at('model.safetensors'),
    safetensorsBytes(header, Buffer.concat([...parts, Buffer.alloc(more)])),
  );
  return at('model.safetensors');
}

async function small(): Promise<StateDict> {
  using model = new GoogLeNet(OPTIONS);
  const state = await model.stateDict();
  const counter = state[COUNTER];
  if (counter === undefined) throw new Error('no counter');
  return { ...state, [COUNTER]: { ...counter, data: new BigInt64Array([7n]) } };
}

describe('Counters of one dimension, which PyTorch before 0.4 wrote', () => {
  test.each([true, false])('are read from a file, as PyTorch does; strict: %p', async (strict) => {
    const path = await write(await small(), (header) => Object.assign(header[COUNTER] ?? {}, { shape: [1] }));
    using model = await GoogLeNet.load(path, { strict });
    expect((await model.stateDict())[COUNTER]?.data).toEqual(new BigInt64Array([7n]));
  });

  test('are taken from a state dict, the first element of several too', async () => {
    const data = new BigInt64Array([5n, 6n]);
    using model = new GoogLeNet(OPTIONS);
    const state = { ...(await small()), [COUNTER]: { dtype: 'I64' as const, shape: [2], data } };
    await model.loadStateDict(state);
    expect((await model.stateDict())[COUNTER]?.data).toEqual(new BigInt64Array([5n]));
  });

  test('are refused where they have no element', async () => {
    using model = new GoogLeNet(OPTIONS);
    const empty = { dtype: 'I64' as const, shape: [0], data: new BigInt64Array() };
    await expect(model.loadStateDict({ ...(await small()), [COUNTER]: empty })).rejects.toMatchObject(
      errorWith('WEIGHTS_MISMATCH', COUNTER),
    );
  });
});

describe('A tensor of a type that no network has', () => {
  const withExtra = async () =>
    write(
      await small(),
      (header, bytes) =>
        Object.assign(header, { extra: { dtype: 'U64', shape: [1], data_offsets: [bytes, bytes + 8] } }),
      8,
    );

  test('is unexpected, as any other, and with strict: false nobody minds', async () => {
    const path = await withExtra();
    await expect(GoogLeNet.load(path)).rejects.toMatchObject(
      errorWith('WEIGHTS_MISMATCH', 'Unexpected: extra'),
    );
    using model = await GoogLeNet.load(path, { strict: false });
    expect(model.numClasses).toBe(2);
  });

  test('is not lost without a word when the file is converted', async () => {
    await expect(convertWeights(await withExtra(), at('copy.pth'))).rejects.toMatchObject(
      errorWith('INVALID_WEIGHTS', '"extra"', 'U64'),
    );
  });

  test.each(['fc.weight', 'conv1.conv.weight'])('is named where it is %s of the model', async (name) => {
    const path = await write(await small(), (header) =>
      Object.assign(header[name] ?? {}, { dtype: 'F8_E4M3' }),
    );
    for (const strict of [true, false]) {
      await expect(GoogLeNet.load(path, { strict })).rejects.toMatchObject(
        errorWith('INVALID_WEIGHTS', `"${name}"`, 'F8_E4M3'),
      );
    }
  });
});

describe('A signal', () => {
  const loads: [string, (path: string, signal: AbortSignal) => Promise<unknown>][] = [
    ['GoogLeNet.load', (path, signal) => GoogLeNet.load(path, { signal })],
    ['Xception.load', (path, signal) => Xception.load(path, { signal })],
    ['loadModel', (path, signal) => loadModel(path, { signal })],
    ['Engine.load', (path, signal) => Engine.load(path, { signal })],
    ['convertWeights', (path, signal) => convertWeights(path, at('copy.safetensors'), { signal })],
    ['GoogLeNet.pretrained', (path, signal) => GoogLeNet.pretrained('imagenet1k-v1', { path, signal })],
  ];

  test.each(loads)('that has aborted already ends %s before it looks for the file', async (_, load) => {
    await expect(load(at('none'), AbortSignal.abort())).rejects.toMatchObject(errorWith('ABORTED'));
  });

  test.each(loads)('that is none is refused by %s', async (_, load) => {
    await expect(load(at('none'), 'stop' as unknown as AbortSignal)).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'signal'),
    );
  });

  test('ends a load while the file is read', async () => {
    using model = new GoogLeNet({ seed: 0 });
    await model.save(at('model.safetensors'));
    await convertWeights(at('model.safetensors'), at('model.pth'));
    for (const name of ['model.safetensors', 'model.pth']) {
      const controller = new AbortController();
      // Not at the first turn: by then the file is open, and its checksums are being compared.
      setTimeout(() => controller.abort(new Error('enough')), 2);
      const load = GoogLeNet.load(at(name), { signal: controller.signal });
      await expect(load).rejects.toMatchObject({
        code: 'ABORTED',
        cause: expect.objectContaining({ message: 'enough' }),
      });
    }
  });

  test('that does not abort changes nothing', async () => {
    using model = new GoogLeNet(OPTIONS);
    await model.save(at('model.safetensors'));
    const { signal } = new AbortController();
    await convertWeights(at('model.safetensors'), at('copy.safetensors'), { signal });
    expect(await readFile(at('copy.safetensors'))).toHaveLength(
      (await readFile(at('model.safetensors'))).length,
    );
    using loaded = await loadModel(at('copy.safetensors'), { signal });
    expect(loaded.numClasses).toBe(2);
  });
});
