/** Who may ask, and what browsers are told not to do. */
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

export const SECURITY_HEADERS = {
  // Everything the page needs comes from its own server, pictures from its own messages; nothing is inline.
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
};

export interface Refusal {
  status: number;
  /** For the person who asked. */
  text: string;
}

/** A name or address that leads to this machine alone. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host.replace(/^\[(.*)\]$/, '$1'));

/**
 * Null where the request may pass. A server on the loopback address answers to loopback names only: a website can make its own name
 * lead to 127.0.0.1, and would then read the run in its visitor's browser. The port is not looked at, because one that is forwarded
 * by SSH differs.
 * @param host what the server listens on.
 */
export function refuse({ method, headers }: IncomingMessage, host: string): Refusal | null {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'Only GET and HEAD.' };
  const asked = hostname(headers.host);
  if (isLoopback(host) && !isLoopback(asked)) {
    return {
      status: 403,
      text: `This page is for http://localhost and not for the host "${asked.slice(0, 80)}".`,
    };
  }
  return null;
}

/** True where another website asks; opening the page by a link is another matter. */
export const isForeign = ({ headers }: IncomingMessage): boolean => {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
};

/** Without the port. */
const hostname = (host = ''): string => host.replace(/:\d*$/, '');

export const urlOf = (host: string, port: number): string => {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}/`;
};
