/// <reference lib="dom" />
import type { Snapshot, Update, Validation } from '../protocol.js';

export interface ConnectionListener {
  onSnapshot(snapshot: Snapshot): void;
  onUpdate(update: Update): void;
  onValidation(validation: Validation): void;
  /** @param isLive false while the server cannot be reached. */
  onChange(isLive: boolean): void;
}

/** The server says something every ten seconds. */
const SILENCE_MS = 25_000;
const RETRY_MS = 2000;

/** The server's messages, for as long as the page is open: a lost connection is made again and begins with everything. */
export function connect(listener: ConnectionListener): void {
  const source = new EventSource('/events');
  let silence: ReturnType<typeof setTimeout>;

  const startAgain = () => {
    clearTimeout(silence);
    source.close();
    listener.onChange(false);
    setTimeout(() => connect(listener), RETRY_MS);
  };
  const alive = () => {
    clearTimeout(silence);
    silence = setTimeout(startAgain, SILENCE_MS);
  };
  const on = <T,>(event: string, handle: (data: T) => void) => {
    source.addEventListener(event, ({ data }: MessageEvent<string>) => {
      alive();
      handle(JSON.parse(data));
    });
  };

  alive();
  on('snapshot', (snapshot: Snapshot) => {
    listener.onChange(true);
    listener.onSnapshot(snapshot);
  });
  on('update', listener.onUpdate);
  on('validation', listener.onValidation);
  on('beat', () => undefined);
  // A browser gives up by itself after some answers, such as one of a server that is full.
  source.addEventListener('error', startAgain);
}
