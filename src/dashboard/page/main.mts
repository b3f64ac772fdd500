/// <reference lib="dom" />
import { type Axis, Charts } from './charts.mjs';
import { showConfusion } from './confusion.mjs';
import { connect } from './connection.mjs';
import { byId, setText } from './dom.mjs';
import { showImages } from './images.mjs';
import { RunModel } from './model.mjs';
import { showOverview } from './overview.mjs';
import { showSettings } from './settings.mjs';

/** Drawing takes tens of milliseconds; numbers are shown as they come. */
const DRAW_MS = 500;
/** Where the choice of axis outlives a reload. */
const AXIS_KEY = 'axis';

const model = new RunModel();
const charts = new Charts();
let drawing: ReturnType<typeof setTimeout> | null = null;
let isLive = false;

function draw(): void {
  drawing = null;
  // A page in the background draws when it is looked at.
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
  const place = byId('connection');
  const isOver = model.snapshot !== null && model.snapshot.status.state !== 'running';
  place.className = isLive || isOver ? 'connection' : 'connection lost';
  if (isLive) setText(place, '● Live');
  else if (isOver) setText(place, 'The run is over and its server has gone; this is its last state.');
  else setText(place, '○ Connection lost. Trying again …');
}

function chooseAxis(axis: Axis): void {
  charts.axis = axis;
  sessionStorage.setItem(AXIS_KEY, axis);
  draw();
}

for (const input of document.querySelectorAll<HTMLInputElement>('#axis input')) {
  const axis: Axis = input.value === 'epoch' ? 'epoch' : 'step';
  input.addEventListener('change', () => chooseAxis(axis));
  if (sessionStorage.getItem(AXIS_KEY) === axis) {
    input.checked = true;
    charts.axis = axis;
  }
}
document.addEventListener('visibilitychange', draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);

connect({
  onSnapshot: (snapshot) => {
    model.replace(snapshot);
    showSettings(snapshot.settings);
    show(true);
  },
  onUpdate: (update) => {
    model.apply(update);
    show(false);
  },
  onValidation: (validation) => {
    byId('validation').hidden = false;
    showImages(validation);
    showConfusion(validation);
  },
  onChange: (live) => {
    isLive = live;
    showConnection();
  },
});
