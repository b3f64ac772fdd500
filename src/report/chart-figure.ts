/** A chart as a part of a page: title, legend and drawing. */
import { type Chart, namedLines } from './chart.js';
import { drawing, escapeText, type Html, html } from './html.js';
import { legend } from './legend.js';
import { withVariables } from './palette.js';
import { chartOnPage } from './render-chart.js';

export function chartFigure(chart: Chart): Html {
  const { title, subtitle, lines } = chart;
  const label = escapeText(`${title}: ${subtitle}`);
  const svg = withVariables(chartOnPage(chart)).replace('<svg ', `<svg role="img" aria-label="${label}" `);
  const named = namedLines(lines);
  const [only] = named;
  // A single line that is named like the chart needs no legend.
  const isNamedByTitle = named.length === 1 && only?.name === title.toLowerCase();
  return html`<figure class="chart"><figcaption><h3>${title}</h3><p>${subtitle}</p></figcaption>
${isNamedByTitle ? '' : legend(named)}${drawing(svg)}</figure>
`;
}
