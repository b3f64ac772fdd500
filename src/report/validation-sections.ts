/** What `validation.json` says, as sections of a page. */
import type { RunData } from '../run/records/run-data.js';
import { classMetricsTable } from './class-metrics-table.js';
import { confusionSection } from './confusion-section.js';
import { formatCount } from './format.js';
import { type Html, html } from './html.js';
import { imageGrid } from './image-grid.js';

export function validationSections({ validation, settings }: RunData): Html {
  if (validation === null) {
    return html`<h2>Validation</h2>
<p class="muted">${whyMissing(settings?.settings)}</p>`;
  }
  const { epoch, step, classes, mistakes, samples } = validation;
  return html`<h2>Most confused classes</h2>
<p class="muted">Results of the validation after epoch ${formatCount(epoch)}, step ${formatCount(step)}, in this section and those below.</p>
${confusionSection(validation)}
<h2>Precision, recall and F1 of each class</h2>
${classMetricsTable(validation)}
<h2>Worst mistakes</h2>
${
  mistakes.length === 0
    ? html`<p class="muted">The model classified every validation image correctly.</p>`
    : html`<p class="muted">Incorrectly classified images, the highest loss first: the predicted class (✗), the true class, and the probability of each.</p>
${imageGrid(mistakes, classes)}`
}
<h2>Sample predictions</h2>
${
  samples.length === 0
    ? html`<p class="muted">The run keeps no samples.</p>`
    : html`<p class="muted">The same images after each epoch, with the predicted class and its probability.</p>
${imageGrid(samples, classes)}`
}`;
}

/** Settings of a run without validation images say so; the first validation of another run has not finished. */
function whyMissing(settings: ReadonlyMap<string, unknown> | undefined): string {
  if (settings === undefined) return 'There are no validation results.';
  return settings.get('validation') === null
    ? 'The run has no validation images, so there are no mistakes, samples or confusion matrix.'
    : 'The first validation has not finished: the confusion matrix, mistakes and samples follow after it.';
}
