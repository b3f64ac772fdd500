/** What is seen inside a network, and the views that it is scored on. */
import { multiCrop } from '../../src/data/crops.js';
import { float32, tensorNamed, under } from '../support/bits.js';
import { Parity } from './harness.js';
import { build, type ModelOptions, snakeCase } from './options.js';

const parity = Parity.use();

test.each<[string, ModelOptions, string[], string]>([
  [
    'reference',
    { numClasses: 10, auxLogits: true },
    ['partA', 'inception_3a.branch2.0', 'inception_4a', 'auxilliary_output_1', 'fc'],
    'inception_5b',
  ],
  [
    'torchvision',
    { architecture: 'torchvision', numClasses: 10, auxLogits: true, initWeights: true },
    ['conv2.bn', 'inception4a.branch2', 'inception4a.branch2.1.conv', 'inception5b', 'fc'],
    'inception4e',
  ],
  [
    'Xception',
    { architecture: 'xception', numClasses: 10 },
    ['entry1', 'middle3.branch.conv2', 'last'],
    'exit',
  ],
])('%s: features and Grad-CAM are those of hooks and autograd', async (name, options, names, layer) => {
  const classes = [3, 7];
  const asked = { seed: 81, options: snakeCase(options), names, layer, classes };
  const { tensors } = await parity.ask('look_inside', asked);
  const model = parity.own(build(options, 81));
  model.eval();
  const images = float32('images', tensors);
  const heat = await model.gradCam(images, classes, layer);
  parity.expectAllBitEqual(`inside, ${name}`, [
    ['features', await model.features(images, names), under('feature', tensors)],
    [`Grad-CAM of ${layer}`, { heat }, { heat: tensorNamed('heat', tensors) }],
  ]);
});

test.each([
  // So that the center cannot be halved.
  ['lying', 300, 421],
  ['upright', 333, 250],
])('ten crops of an image that is %s are those of torchvision', async (how, height, width) => {
  const asked = { image: ['noise', height, width], resize: 256, crop: 224, input_seed: 82 };
  const { tensors } = await parity.ask('ten_crops', asked);
  const data = tensorNamed('image', tensors).data as Uint8Array;
  const views = await multiCrop('an image', { data, height, width }, 10, { resize: 256, crop: 224 });
  const crops = { data: views, shape: [10, 224, 224, 3] };
  parity.expectBitEqual(`ten crops, ${how}`, { crops }, { crops: tensorNamed('crops', tensors) });
});
