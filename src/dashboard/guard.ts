/** Who may ask, and what browsers are told not to do. */
import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import { hostname } from 'node:os';

export const SECURITY_HEADERS = {
  // Everything the page needs comes from its own server, images from its own messages; nothing is inline.
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

/** Names by which a server that other machines reach may be asked: what it listens on, and what the machine calls itself. */
function isOwnName(asked: string, host: string): boolean {
  const name = asked.toLowerCase().replace(/\.$/, '');
  const machine = hostname().toLowerCase();
  return [host.toLowerCase(), machine, `${machine}.local`].includes(name);
}

/**
 * Null where the request may pass. A website can make its own name lead to any address, this one too, and would then read the run in
 * its visitor's browser, so only names that are no website's are answered: on the loopback address those that lead to this machine
 * alone; elsewhere addresses in digits, too, and the machine's own names. A token in the address would protect no better against
 * websites, would be lost from bookmarks, and end in logs. The port is not looked at, because one that is forwarded by SSH differs.
 * @param host what the server listens on.
 */
export function refuse({ method, headers }: IncomingMessage, host: string): Refusal | null {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'Only GET and HEAD.' };
  const asked = withoutPort(headers.host);
  if (isLoopback(asked)) return null;
  const isAddress = isIP(asked.replace(/^\[(.*)\]$/, '$1')) !== 0;
  if (!isLoopback(host) && (isAddress || isOwnName(asked, host))) return null;
  const fix = isLoopback(host)
    ? 'This page is for http://localhost'
    : `This page is for the machine's address in digits, or for ${hostname()}; start it with --host and another name`;
  return { status: 403, text: `${fix}, and not for the host "${asked.slice(0, 80)}".` };
}

/** True where another website asks; opening the page by a link is another matter. */
export const isForeign = ({ headers }: IncomingMessage): boolean => {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
};

const withoutPort = (host = ''): string => host.replace(/:\d*$/, '');

export const urlOf = (host: string, port: number): string => {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}/`;
};
