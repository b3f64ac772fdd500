/// <reference lib="dom" />
/** The top of the page: name, status and progress of the run. */
import type { Snapshot, Status } from '../protocol.js';
import { byId, setText } from './dom.mjs';
import { showTiles } from './tiles.mjs';

const STATES: Record<Status['state'], string> = {
  running: '● Running',
  completed: '✓ Completed',
  interrupted: '‖ Interrupted',
  failed: '✕ Failed',
};

export function showOverview(snapshot: Snapshot): void {
  const { name, status, problem } = snapshot;
  setText(byId('name'), name);
  const state = byId('status');
  setText(state, STATES[status.state]);
  state.className = `status ${status.state}`;
  const notice = [status.message, problem].filter((text) => text !== null).join(' ');
  setText(byId('problem'), notice);
  byId('problem').hidden = notice === '';
  showBar(snapshot);
  showTiles(snapshot);
  document.title = title(snapshot);
}

function title({ name, progress: { fraction, epoch, epochs }, status }: Snapshot): string {
  if (status.state !== 'running') return `${STATES[status.state]} · ${name}`;
  const percent = fraction === null ? '' : `${Math.floor(fraction * 100)} % · `;
  return `${percent}epoch ${epoch}${epochs === null ? '' : `/${epochs}`} · ${name}`;
}

function showBar({ progress: { fraction } }: Snapshot): void {
  const bar = byId('bar');
  const percent = Math.floor((fraction ?? 0) * 1000) / 10;
  bar.style.width = `${percent}%`;
  bar.setAttribute('aria-valuenow', String(percent));
  bar.setAttribute('aria-valuetext', `${percent} %`);
}
