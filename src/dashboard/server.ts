/** The HTTP server of one run. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GoogLeNetError } from '../core/errors.js';
import { readAsset } from './assets.js';
import type { Feed } from './event-stream.js';
import { isForeign, refuse, SECURITY_HEADERS } from './guard.js';

/** Of pages, files under way and connections that browsers keep open. */
const MAX_CONNECTIONS = 128;
/** A connection on which nothing moves for so long is closed; a page that is followed hears something more often. */
const IDLE_MS = 60_000;

export interface Routes {
  feed: Feed;
  /** What `/state` answers. */
  state(): unknown;
}

/** @param host what it will listen on. */
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
  if (path !== '/' && isForeign(request)) return reply(response, 403, 'Not for other websites.');
  if (path === '/events') return openFeed(request, response, routes.feed);
  if (path === '/state') {
    const body = Buffer.from(JSON.stringify(routes.state()));
    return reply(response, 200, body, 'application/json; charset=utf-8');
  }
  const asset = await readAsset(path);
  if (asset === null) return reply(response, 404, 'There is no such page.');
  return reply(response, 200, asset.content, asset.type);
}

function openFeed({ method }: IncomingMessage, response: ServerResponse, feed: Feed): void {
  if (method === 'HEAD') {
    reply(response, 200, '', 'text/event-stream; charset=utf-8');
  } else if (!feed.connect(response)) {
    response.setHeader('Retry-After', '10');
    reply(response, 503, 'Too many pages of this run are open. Close one.');
  }
}

/** Node leaves the body out of the answer to HEAD. */
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
    const fix = 'Choose another port (--port), or 0 for any that is free';
    return new GoogLeNetError('ADDRESS_IN_USE', `Port ${port} of ${host} is in use. ${fix}.`, {
      cause: error,
    });
  }
  const message = `Cannot listen on port ${port} of ${host}: ${error.message}. Choose another port or host.`;
  return new GoogLeNetError('INVALID_ARGUMENT', message, { cause: error });
}
