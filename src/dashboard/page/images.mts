/// <reference lib="dom" />
import type { Validation } from '../protocol.js';
import { byId, element, setText } from './dom.mjs';
import { formatPercent } from './format.mjs';

type ImagePrediction = Validation['samples'][number];

export function showImages({ epoch, samples, mistakes, classes }: Validation): void {
  const right = samples.filter(({ label, predicted }) => label === predicted).length;
  setText(
    byId('samples-note'),
    `${right} of ${samples.length} right after epoch ${epoch}. The same images after every epoch.`,
  );
  setText(
    byId('mistakes-note'),
    mistakes.length === 0
      ? 'None: every validation image was classified correctly.'
      : 'The validation images with the highest loss, the worst one first.',
  );
  const cards = (images: readonly ImagePrediction[]) => images.map((image) => card(image, classes));
  byId('samples').replaceChildren(...cards(samples));
  byId('mistakes').replaceChildren(...cards(mistakes));
}

function card(sample: ImagePrediction, classes: readonly string[]): HTMLElement {
  const { name, label, predicted, probability, labelProbability } = sample;
  const isRight = label === predicted;
  const className = (index: number) => classes[index] ?? `class ${index}`;
  const image = element('img', { alt: `image of ${className(label)}` });
  image.src = sample.image;
  const lines = [
    element('p', { class: 'verdict' }, isRight ? '✓ right' : '✗ wrong'),
    element('p', {}, `${className(predicted)} ${formatPercent(probability, 0)}`),
  ];
  if (!isRight)
    lines.push(element('p', {}, `is ${className(label)} (${formatPercent(labelProbability, 0)})`));
  lines.push(element('p', { class: 'file', title: name }, name.split('/').at(-1) ?? name));
  return element('li', { class: isRight ? 'right' : 'wrong' }, image, element('div', {}, ...lines));
}
