/** Validation images with their predictions. */
import type { ImagePrediction } from '../run/records/validation-record.js';
import { formatPercent } from './format.js';
import { type Html, html, nameOf, shorten } from './html.js';

export const imageGrid = (predictions: readonly ImagePrediction[], classes: readonly string[]): Html =>
  html`<div class="images">${predictions.map((prediction) => imageFigure(prediction, classes))}</div>`;

function imageFigure(entry: ImagePrediction, classes: readonly string[]): Html {
  const { name, label, predicted, probability, labelProbability, image } = entry;
  const isCorrect = label === predicted;
  const [labelName, predictedName] = [classes[label] ?? '', classes[predicted] ?? ''];
  const verdict = isCorrect
    ? prediction('correct', html`✓ ${nameOf(predictedName)}`, probability)
    : html`${prediction('incorrect', html`✗ ${nameOf(predictedName)}`, probability)}
${prediction('true', html`is ${nameOf(labelName)}`, labelProbability)}`;
  return html`<figure><img src="${image}" alt="image of ${shorten(labelName, 100)}" loading="lazy"><figcaption>${verdict}<div class="file">${fileName(name)}</div></figcaption></figure>
`;
}

/** The file and its folder, which is the class in a folder of images. */
const fileName = (path: string): Html =>
  html`<bdi title="${shorten(path, 500)}">${shorten(path.split('/').slice(-2).join('/'), 60)}</bdi>`;

const prediction = (kind: string, text: Html, probability: number): Html =>
  html`<div class="prediction ${kind}"><span>${text}</span> <span>${formatPercent(probability)}</span></div>`;
