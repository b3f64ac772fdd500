/// <reference lib="dom" />
import type { Snapshot, Update, Validation } from '../protocol.js';

export interface ConnectionListener {
  onSnapshot(snapshot: Snapshot): void;
  onUpdate(update: Update): void;
  onValidation(validation: Validation): void;
  /** @param isLive false while the server cannot be reached. */
  onChange(isLive: boolean): void;
}

/** Without a message for this long the connection counts as lost; the server sends a heartbeat every ten seconds. */
const SILENCE_MS = 25_000;
const RETRY_MS = 2000;

/** Listens to the server while the page is open. Reconnects after a loss; each connection begins with a snapshot. */
export function connect(listener: ConnectionListener): void {
  const source = new EventSource('/events');
  let silence: ReturnType<typeof setTimeout>;

  const reconnect = () => {
    clearTimeout(silence);
    source.close();
    listener.onChange(false);
    setTimeout(() => connect(listener), RETRY_MS);
  };
  const restartTimer = () => {
    clearTimeout(silence);
    silence = setTimeout(reconnect, SILENCE_MS);
  };
  const on = <T,>(event: string, handle: (data: T) => void) => {
    source.addEventListener(event, ({ data }: MessageEvent<string>) => {
      restartTimer();
      handle(JSON.parse(data));
    });
  };

  restartTimer();
  on('snapshot', (snapshot: Snapshot) => {
    listener.onChange(true);
    listener.onSnapshot(snapshot);
  });
  on('update', listener.onUpdate);
  on('validation', listener.onValidation);
  on('heartbeat', () => undefined);
  // A browser does not retry after some responses, such as that of a server with too many pages.
  source.addEventListener('error', reconnect);
}
