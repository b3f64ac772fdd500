/** What `validation.json` tells, as sections of a page. */

import type { ImagePrediction, ValidationRecord } from '../run/records/validation-record.js';
import { type ClassScore, classScores, confusedPairs } from './confusion.js';
import { confusionMap, isNamed, MAX_MAPPED, MAX_NUMBERED } from './confusion-map.js';
import { formatCount, formatShare } from './format.js';
import { drawing, type Html, html, nameOf, table } from './html.js';

/** With more classes only the ends of the list are shown. */
const MAX_BARS = 100;
const WORST_BARS = 40;
const BEST_BARS = 10;

export const validationSections = (record: ValidationRecord | null): Html => {
  if (record === null) {
    return html`<h2>Validation</h2>
<p class="muted">There is no validation.json: the run has no validation images, or its first validation is not over.</p>`;
  }
  return html`<h2>Confusion matrix</h2>
<p class="muted">This and what follows is of the validation after epoch ${formatCount(record.epoch)}, step ${formatCount(record.step)}.</p>
${confusionSection(record)}
<h2>Accuracy of each class</h2>${classesSection(classScores(record))}
<h2>Worst mistakes</h2>${mistakesSection(record)}
<h2>Sample predictions</h2>${samplesSection(record)}`;
};

function confusionSection(record: ValidationRecord): Html {
  const { length } = record.classes;
  const pairs = pairsTable(record, length > MAX_MAPPED ? 40 : 10);
  if (length > MAX_MAPPED) {
    return html`<p class="muted">Of ${formatCount(length)} classes only the pairs that are confused most are shown.</p>${pairs}`;
  }
  const order = isNamed(record) ? '' : ', in the order of their labels';
  const numbers = length > MAX_NUMBERED ? '' : ', the number is of images';
  return html`<p class="muted">A row for each true class, a column for each predicted one${order}. The shade is the share of the row${numbers}; blue is right, orange is wrong.</p>
<div class="scroll">${drawing(confusionMap(record))}</div>
<h3>Confused most</h3>${pairs}`;
}

function pairsTable(record: ValidationRecord, most: number): Html {
  const rows = confusedPairs(record, most).map(({ label, predicted, images, share }) => [
    html`${nameOf(label)} → ${nameOf(predicted)}`,
    formatCount(images),
    formatShare(share),
  ]);
  if (rows.length === 0) return html`<p class="muted">No class was taken for another one.</p>`;
  return html`<div class="numbers narrow">${table(rows, ['true class → predicted', 'images', 'of the class'])}</div>`;
}

function classesSection(scores: readonly ClassScore[]): Html {
  if (scores.length <= MAX_BARS) return bars(scores);
  const known = scores.filter(({ accuracy }) => accuracy !== null);
  const [worst, best] = [known.slice(0, WORST_BARS), known.slice(WORST_BARS).slice(-BEST_BARS)];
  return html`<p class="muted">The ${worst.length} lowest and ${best.length} highest of ${formatCount(scores.length)} classes.</p>
${bars(worst)}<p class="muted">…</p>${bars(best)}`;
}

const bars = (scores: readonly ClassScore[]): Html =>
  html`<div class="bars narrow">${scores.map(
    ({
      name,
      accuracy,
      images,
    }) => html`${nameOf(name)}<div><i style="width:${((accuracy ?? 0) * 100).toFixed(2)}%"></i></div>
<span>${accuracy === null ? 'no images' : `${formatShare(accuracy)} of ${formatCount(images)}`}</span>`,
  )}</div>`;

function mistakesSection({ mistakes, classes }: ValidationRecord): Html {
  if (mistakes.length === 0) return html`<p class="muted">No image was classified wrongly.</p>`;
  return html`<p class="muted">The images that were classified wrongly with the highest loss: what the model took them for, what they are, and the probabilities it gave to both.</p>${images(mistakes, classes)}`;
}

function samplesSection({ samples, classes }: ValidationRecord): Html {
  if (samples.length === 0) return html`<p class="muted">No samples were kept.</p>`;
  return html`<p class="muted">The same images after each epoch: what the model takes them for.</p>${images(samples, classes)}`;
}

const images = (entries: readonly ImagePrediction[], classes: readonly string[]): Html =>
  html`<div class="images">${entries.map((entry) => imageFigure(entry, classes))}</div>`;

function imageFigure(entry: ImagePrediction, classes: readonly string[]): Html {
  const { name, label, predicted, probability, labelProbability, image } = entry;
  const isRight = label === predicted;
  const guess = html`<div class="${isRight ? 'right' : 'wrong'}">${nameOf(classes[predicted] ?? '')} ${share(probability)}</div>`;
  const truth = isRight ? '' : html`<div>is ${nameOf(classes[label] ?? '')} ${share(labelProbability)}</div>`;
  return html`<figure><img src="${image}" alt="" loading="lazy">${guess}${truth}<div class="muted">${nameOf(name, 60)}</div></figure>
`;
}

const share = (probability: number): Html => html`<span class="whole">${formatShare(probability)}</span>`;
