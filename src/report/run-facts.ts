/** The most important numbers of a run, at the top of its page. */
import { formatCount, formatDurationInWords, formatLoss, formatPercent, formatSpeed } from './format.js';
import { type Html, html } from './html.js';
import type { RunMetrics } from './run-metrics.js';

interface Fact {
  name: string;
  value: string;
  /** A smaller line below the value. */
  detail: string;
}

export function runFacts({ final, best, seconds, imagesPerSecond, epochs }: RunMetrics): Html {
  const facts: Fact[] = [];
  if (final)
    facts.push({ name: `training, epoch ${formatCount(final.epoch)}`, ...accuracyAndLoss(final.train) });
  if (final?.validation)
    facts.push({
      name: `validation, epoch ${formatCount(final.epoch)}`,
      ...accuracyAndLoss(final.validation),
    });
  if (best?.validation)
    facts.push({
      name: `best validation, epoch ${formatCount(best.epoch)}`,
      ...accuracyAndLoss(best.validation),
    });
  if (imagesPerSecond !== null)
    facts.push({ name: 'training speed', value: formatSpeed(imagesPerSecond), detail: 'images/s' });
  if (epochs > 0)
    facts.push({ name: 'duration', value: formatDurationInWords(seconds), detail: 'of all epochs' });
  return facts.length === 0 ? html`` : html`<dl class="facts">${facts.map(tile)}</dl>`;
}

const accuracyAndLoss = ({ top1, loss }: { top1: number | null; loss: number | null }) => ({
  value: formatPercent(top1),
  detail: `top-1, loss ${formatLoss(loss)}`,
});

const tile = ({ name, value, detail }: Fact): Html =>
  html`<div><dt>${name}</dt><dd>${value}<small>${detail}</small></dd></div>`;
