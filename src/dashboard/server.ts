/** The HTTP server of one run. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GoogLeNetError } from '../core/errors.js';
import { readAsset } from './assets.js';
import type { EventStream } from './event-stream.js';
import { isForeign, refuse, SECURITY_HEADERS } from './guard.js';

/** Pages, requests for files, and connections that browsers keep open. */
const MAX_CONNECTIONS = 128;
/** The server closes a connection without data for this long; event streams send heartbeats more often. */
const IDLE_MS = 60_000;

export interface Routes {
  eventStream: EventStream;
  /** The response to `/state`. */
  state(): unknown;
}

/** @param host the address that the server will listen on. */
export function createDashboardServer(host: string, routes: Routes): Server {
  const server = createServer({ maxHeaderSize: 8192 }, (request, response) => {
    answer(request, response, host, routes).catch((error: Error) => {
      if (!response.headersSent) reply(response, 500, error.message);
      else response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = IDLE_MS;
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse, host: string, routes: Routes) {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const refusal = refuse(request, host);
  if (refusal?.status === 405) response.setHeader('Allow', 'GET, HEAD');
  if (refusal !== null) return reply(response, refusal.status, refusal.text);
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (path !== '/' && isForeign(request)) return reply(response, 403, 'Other websites may not read this.');
  if (path === '/events') return openEventStream(request, response, routes.eventStream);
  if (path === '/state') {
    const body = Buffer.from(JSON.stringify(routes.state()));
    return reply(response, 200, body, 'application/json; charset=utf-8');
  }
  const asset = await readAsset(path);
  if (asset === null) return reply(response, 404, 'This page does not exist.');
  return reply(response, 200, asset.content, asset.type);
}

function openEventStream(
  { method }: IncomingMessage,
  response: ServerResponse,
  eventStream: EventStream,
): void {
  if (method === 'HEAD') {
    reply(response, 200, '', 'text/event-stream; charset=utf-8');
  } else if (!eventStream.connect(response)) {
    response.setHeader('Retry-After', '10');
    reply(response, 503, 'Too many pages of this run are open. Close one of them.');
  }
}

/** Node omits the body in responses to HEAD. */
function reply(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** @throws GoogLeNetError `ADDRESS_IN_USE`, `INVALID_ARGUMENT` */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)));
    server.listen({ host, port, exclusive: true }, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    const fix = 'Choose another port (--port), or 0 for any free port';
    return new GoogLeNetError('ADDRESS_IN_USE', `Port ${port} of ${host} is in use. ${fix}.`, {
      cause: error,
    });
  }
  const message = `Cannot listen on port ${port} of ${host}: ${error.message}. Choose another port or host.`;
  return new GoogLeNetError('INVALID_ARGUMENT', message, { cause: error });
}
