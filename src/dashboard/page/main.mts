/// <reference lib="dom" />
import type { Snapshot } from '../protocol.js';
import type { XAxis } from './chart-points.mjs';
import { Charts } from './charts.mjs';
import { showConfusion } from './confusion.mjs';
import { connect } from './connection.mjs';
import { byId, setText } from './dom.mjs';
import { showImages } from './images.mjs';
import { RunModel } from './model.mjs';
import { showOverview } from './overview.mjs';
import { showSettings } from './settings.mjs';

/** Time between two drawings, which take tens of milliseconds each; tiles change with every message. */
const DRAW_MS = 500;
/** Keys of the session storage, where the choice of axes survives a reload. */
const AXIS_KEY = 'axis';
const LOG_KEY = 'log-scale';

const model = new RunModel();
const charts = new Charts();
let drawing: ReturnType<typeof setTimeout> | null = null;
let isLive = false;

function draw(): void {
  drawing = null;
  // A page in the background draws when it becomes visible.
  if (model.snapshot !== null && !document.hidden) charts.show(model.snapshot);
}

function show(isNew: boolean): void {
  if (model.snapshot === null) return;
  showOverview(model.snapshot);
  showConnection();
  if (isNew) {
    if (drawing !== null) clearTimeout(drawing);
    draw();
  } else {
    drawing ??= setTimeout(draw, DRAW_MS);
  }
}

function showConnection(): void {
  const target = byId('connection');
  const hasEnded = model.snapshot !== null && model.snapshot.status.state !== 'running';
  target.className = isLive || hasEnded ? 'connection' : 'connection lost';
  if (isLive) setText(target, '● Live');
  else if (hasEnded) setText(target, 'The run has ended and its server has stopped; this is its last state.');
  else setText(target, '○ Connection lost. Reconnecting …');
}

/** Until the first validation, says why there is none. */
function showNoValidation(settings: Snapshot['settings']): void {
  if (settings === null || !byId('validation').hidden) return;
  byId('no-validation').hidden = false;
  setText(
    byId('no-validation'),
    settings.validation === null
      ? 'The run has no validation images, so there are no samples, mistakes or confusion matrix.'
      : 'Samples, mistakes and the confusion matrix follow after the first validation.',
  );
}

function chooseAxis(axis: XAxis): void {
  charts.axes.x = axis;
  sessionStorage.setItem(AXIS_KEY, axis);
  draw();
}

for (const input of document.querySelectorAll<HTMLInputElement>('#axis input')) {
  const axis: XAxis = input.value === 'epoch' ? 'epoch' : 'step';
  input.addEventListener('change', () => chooseAxis(axis));
  if (sessionStorage.getItem(AXIS_KEY) === axis) {
    input.checked = true;
    charts.axes.x = axis;
  }
}

const logScale = byId('log-scale') as HTMLInputElement;
logScale.checked = sessionStorage.getItem(LOG_KEY) === 'yes';
charts.axes.isLogarithmic = logScale.checked;
logScale.addEventListener('change', () => {
  charts.axes.isLogarithmic = logScale.checked;
  sessionStorage.setItem(LOG_KEY, logScale.checked ? 'yes' : 'no');
  draw();
});
document.addEventListener('visibilitychange', draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);

connect({
  onSnapshot: (snapshot) => {
    model.replace(snapshot);
    showSettings(snapshot.settings);
    showNoValidation(snapshot.settings);
    show(true);
  },
  onUpdate: (update) => {
    model.apply(update);
    show(false);
  },
  onValidation: (validation) => {
    byId('validation').hidden = false;
    byId('no-validation').hidden = true;
    showImages(validation);
    showConfusion(validation);
  },
  onChange: (live) => {
    isLive = live;
    showConnection();
  },
});
