/** Which requests the server answers, and what it forbids browsers. */
import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import { hostname } from 'node:os';

export const SECURITY_HEADERS = {
  // The page loads everything from its own server, and images from its messages; it has no inline scripts or styles.
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
  /** Shown to the person who made the request. */
  text: string;
}

/** A name or address that leads to this machine alone. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host.replace(/^\[(.*)\]$/, '$1'));

/** Whether a request names this machine: by the name the server listens on, or the machine's host name. */
function isOwnName(requested: string, host: string): boolean {
  const name = requested.toLowerCase().replace(/\.$/, '');
  const machine = hostname().toLowerCase();
  return [host.toLowerCase(), machine, `${machine}.local`].includes(name);
}

/**
 * Null where the server answers the request. A website can make its name resolve to this address (DNS rebinding) and would then read
 * the run in its visitor's browser, so the server answers only to names that no website can have: on the loopback address, names of
 * loopback; elsewhere also addresses in digits and the names of this machine. A token in the URL would protect no better against
 * websites, would be missing from bookmarks, and would end up in logs. The port does not matter: SSH forwarding changes it.
 * @param host the address that the server listens on.
 */
export function refuse({ method, headers }: IncomingMessage, host: string): Refusal | null {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'Only GET and HEAD.' };
  const requested = withoutPort(headers.host);
  if (isLoopback(requested)) return null;
  const isAddress = isIP(requested.replace(/^\[(.*)\]$/, '$1')) !== 0;
  if (!isLoopback(host) && (isAddress || isOwnName(requested, host))) return null;
  const fix = isLoopback(host)
    ? 'This page answers to http://localhost'
    : `This page answers to the machine's address in digits and to ${hostname()}; start it with --host for another name`;
  return { status: 403, text: `${fix}, and not for the host "${requested.slice(0, 80)}".` };
}

/** True for requests that another website makes. Following a link to the page is not one. */
export const isForeign = ({ headers }: IncomingMessage): boolean => {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
};

const withoutPort = (host = ''): string => host.replace(/:\d*$/, '');

export const urlOf = (host: string, port: number): string => {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}/`;
};
