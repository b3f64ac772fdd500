/// <reference lib="dom" />
/** Samples and mistakes of the latest validation. */
import type { Validation } from '../protocol.js';
import { byId, element, setText } from './dom.mjs';
import { formatPercent } from './format.mjs';

type ImagePrediction = Validation['samples'][number];

export function showImages({ epoch, samples, mistakes, classes }: Validation): void {
  const correct = samples.filter(({ label, predicted }) => label === predicted).length;
  setText(
    byId('samples-caption'),
    `The same images after every epoch: ${correct} of ${samples.length} are correct after epoch ${epoch}.`,
  );
  setText(
    byId('mistakes-caption'),
    mistakes.length === 0
      ? 'The model classified every validation image correctly.'
      : 'Incorrectly classified validation images, the highest loss first: the predicted class, the true class, and the probability of each.',
  );
  const cards = (images: readonly ImagePrediction[]) => images.map((image) => card(image, classes));
  byId('samples').replaceChildren(...cards(samples));
  byId('mistakes').replaceChildren(...cards(mistakes));
}

function card(sample: ImagePrediction, classes: readonly string[]): HTMLElement {
  const { name, label, predicted, probability, labelProbability } = sample;
  const isCorrect = label === predicted;
  const className = (index: number) => classes[index] ?? `class ${index}`;
  const image = element('img', { alt: `image of ${className(label)}` });
  image.src = sample.image;
  const lines = [
    element('p', { class: 'verdict' }, isCorrect ? '✓ correct' : '✗ incorrect'),
    prediction(className(predicted), probability),
    ...(isCorrect ? [] : [prediction(`is ${className(label)}`, labelProbability)]),
    element('p', { class: 'file', title: name }, name.split('/').at(-1) ?? name),
  ];
  return element('li', { class: isCorrect ? 'correct' : 'incorrect' }, image, element('div', {}, ...lines));
}

const prediction = (name: string, probability: number): HTMLElement =>
  element(
    'p',
    { class: 'prediction' },
    element('span', {}, name),
    ' ',
    element('span', {}, formatPercent(probability)),
  );
