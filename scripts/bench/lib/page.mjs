// Stands for a page of the dashboard: opens its event stream and reads it.
import { get } from 'node:http';
import { createInterface } from 'node:readline';

/**
 * @param onPulse gets the data of each snapshot and update.
 * @returns what was read so far, in bytes and events.
 */
export function openPage(url, onPulse) {
  const read = { bytes: 0, events: 0 };
  const request = get(new URL('/events', url), (response) => {
    response.on('data', (chunk) => {
      read.bytes += chunk.length;
    });
    const lines = createInterface({ input: response });
    // The connection may be cut when the run ends, of which both tell.
    for (const one of [response, lines]) one.on('error', () => undefined);
    let event = '';
    lines.on('line', (line) => {
      if (line.startsWith('event: ')) event = line.slice('event: '.length);
      if (!line.startsWith('data: ')) return;
      read.events++;
      if (event === 'snapshot' || event === 'update') onPulse(JSON.parse(line.slice('data: '.length)));
    });
  });
  // Where no page could be read, the caller sees it by the count.
  request.on('error', () => undefined);
  return read;
}
