/** A reader of server-sent events on a bare socket, which can stop reading. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerEvent {
  id: number;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the server sent, for the test to look into.
  data: any;
}

export class EventStreamClient {
  readonly socket: Socket;
  readonly events: ServerEvent[] = [];
  #pieces: string[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
  }

  static async open(url: string, { reads = true } = {}): Promise<EventStreamClient> {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    const stream = new EventStreamClient(socket);
    // HTTP 1.0: the answer comes without chunks, as it was written.
    socket.write(`GET /events HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
    if (reads) stream.read();
    return stream;
  }

  read(): void {
    this.socket.on('data', (text: string) => this.#take(text));
  }

  of(event: string): ServerEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  /** Waits until enough events of a kind have come. */
  async until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!condition()) {
      if (Date.now() > end) throw new Error('The event did not come.');
      await sleep(5);
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #take(text: string): void {
    this.#pieces.push(text);
    // Looking at all of a message of megabytes at each of its pieces would take minutes.
    if (!text.endsWith('\n')) return;
    const messages = this.#pieces.join('').split('\n\n');
    this.#pieces = [messages.pop() ?? ''];
    for (const message of messages) {
      const found = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(message);
      if (found) {
        const [, id, event = '', data = 'null'] = found;
        this.events.push({ id: Number(id), event, data: JSON.parse(data) });
      }
    }
  }
}
