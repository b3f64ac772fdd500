/** Weights from one format into another, and back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { planSafetensors } from '../../src/formats/safetensors';
import {
  convertWeights,
  GoogLeNet,
  type ImageClassifier,
  loadModel,
  Trainer,
  Xception,
} from '../../src/index';
import { ARCHITECTURES, noise } from '../support/architectures';
import { errorWith } from '../support/errors';
import { expectSameWeights } from '../support/fit';
import { safetensorsBytes } from '../support/safetensors-bytes';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();

test.each(ARCHITECTURES)('%s survives safetensors → pth → safetensors, bit for bit', async (_name, build) => {
  using model = build();
  await model.save(folder('a.safetensors'));
  const { lost: _, ...there } = await convertWeights(folder('a.safetensors'), folder('b.pth'));
  expect(there.tensors).toBe(Object.keys(await model.stateDict()).length);
  expect(await convertWeights(folder('b.pth'), folder('c.safetensors'))).toEqual({ ...there, lost: [] });
  for (const name of ['b.pth', 'c.safetensors']) {
    using loaded = await loadModel(folder(name));
    await expectSameWeights(loaded, await model.stateDict());
  }
});

test('a tensor of a type that is not read is refused and named, and not left out', async () => {
  using model = new GoogLeNet({
    numClasses: 2,
    variant: 'torchvision',
    initWeights: false,
    auxLogits: false,
  });
  await model.save(folder('a.safetensors'));
  const whole = readFileSync(folder('a.safetensors'));
  const start = 8 + Number(whole.readBigUInt64LE());
  const { __metadata__: _, ...tensors } = JSON.parse(whole.toString('utf8', 8, start));
  const end = whole.length - start;
  const header = { ...tensors, extra: { dtype: 'U64', shape: [1], data_offsets: [end, end + 8] } };
  const data = Buffer.concat([whole.subarray(start), Buffer.alloc(8)]);
  writeFileSync(folder('b.safetensors'), safetensorsBytes(header, data));
  for (const to of ['c.safetensors', 'c.pth'])
    await expect(convertWeights(folder('b.safetensors'), folder(to))).rejects.toMatchObject(
      errorWith('INVALID_WEIGHTS', 'extra', 'U64'),
    );
});

test('names of classes and settings stay where the format has room for them', async () => {
  using model = new GoogLeNet({ numClasses: 2, classes: ['cat', 'dog'], dropout: 0.25 });
  await model.save(folder('a.safetensors'));
  const { lost } = await convertWeights(folder('a.safetensors'), folder('b.safetensors'));
  expect(lost).toEqual([]);
  expect((await convertWeights(folder('a.safetensors'), folder('b.pth'))).lost).toEqual(['classes']);
  using loaded = await GoogLeNet.load(folder('b.safetensors'));
  expect(loaded).toMatchObject({ classes: ['cat', 'dog'], dropout: 0.25 });
});

test.each<[string, () => ImageClassifier]>([
  ['transformInput', () => new GoogLeNet({ variant: 'torchvision', numClasses: 2, transformInput: true })],
  ['reluBetween', () => new Xception({ numClasses: 2, reluBetween: true })],
])('%s, which no tensor shows, is said to be lost in a .pth', async (name, build) => {
  using model = build();
  await model.save(folder('a.safetensors'));
  expect((await convertWeights(folder('a.safetensors'), folder('b.pth'))).lost).toEqual([name]);
  expect((await convertWeights(folder('a.safetensors'), folder('b.safetensors'))).lost).toEqual([]);
});

test('a checkpoint becomes its model alone, a prefix is put on and taken off', async () => {
  using model = new GoogLeNet({ numClasses: 2, seed: 1 });
  using trainer = new Trainer(model);
  await trainer.step(noise(2), Int32Array.of(0, 1));
  await trainer.saveCheckpoint(folder('step.safetensors'));
  await convertWeights(folder('step.safetensors'), folder('parallel.pth'), { prefix: 'module.' });
  using loaded = await GoogLeNet.load(folder('parallel.pth'));
  await expectSameWeights(loaded, await model.stateDict());
  const { tensors } = await convertWeights(folder('parallel.pth'), folder('plain.safetensors'));
  expect(tensors).toBe(Object.keys(await model.stateDict()).length);
});

test('several files with an index become one', async () => {
  using model = new GoogLeNet({ numClasses: 2, auxLogits: false, seed: 1 });
  const state = await model.stateDict();
  const map: Record<string, string> = {};
  const all = Object.entries(state);
  for (const [shard, part] of [all.slice(0, 50), all.slice(50)].entries()) {
    const file = `model-0000${shard + 1}-of-00002.safetensors`;
    const infos = part.map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] }));
    const { header, spans, dataBytes } = planSafetensors(infos);
    const data = Buffer.alloc(dataBytes);
    for (const [name, tensor] of part) {
      const { buffer, byteOffset, byteLength } = tensor.data;
      const span = spans.find((one) => one.name === name);
      data.set(new Uint8Array(buffer, byteOffset, byteLength), span?.offset);
      map[name] = file;
    }
    writeFileSync(folder(file), Buffer.concat([header, data]));
  }
  const index = folder('model.safetensors.index.json');
  writeFileSync(index, JSON.stringify({ metadata: {}, weight_map: map }));
  using sharded = await GoogLeNet.load(index);
  await expectSameWeights(sharded, state);
  await convertWeights(index, folder('one.safetensors'));
  using loaded = await GoogLeNet.load(folder('one.safetensors'));
  await expectSameWeights(loaded, state);
});

test('what cannot be read or written is refused, and what was there stays', async () => {
  using model = new GoogLeNet({ numClasses: 2, auxLogits: false });
  await model.save(folder('a.safetensors'));
  writeFileSync(folder('old.pth'), 'old');
  await expect(convertWeights(folder('a.safetensors'), folder('a.onnx'))).rejects.toMatchObject(
    errorWith('INVALID_ARGUMENT', '.safetensors'),
  );
  await expect(convertWeights(folder('none.pth'), folder('old.pth'))).rejects.toMatchObject(
    errorWith('FILE_NOT_FOUND', 'none.pth'),
  );
  writeFileSync(folder('cut.safetensors'), readFileSync(folder('a.safetensors')).subarray(0, 1_000_000));
  await expect(convertWeights(folder('cut.safetensors'), folder('old.pth'))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'cut.safetensors'),
  );
  expect(readFileSync(folder('old.pth'), 'utf8')).toBe('old');
});
