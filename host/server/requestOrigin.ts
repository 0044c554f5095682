import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname as machineName } from 'node:os';

/** Whether `host` (a name or an address, no port) is this machine's loopback. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/**
 * Whether a request names this server and not a foreign name that was made to resolve to it (DNS rebinding). A server
 * bound to loopback answers to loopback names only; another one also to addresses and to the machine's own name.
 */
export function isAllowedHost(request: IncomingMessage, boundHost: string): boolean {
  const name = hostnameOf(`http://${request.headers.host ?? ''}`);
  if (name === undefined) return false;
  if (isLoopback(name)) return true;
  if (isLoopback(boundHost)) return false;
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || [boundHost, machineName()].includes(name);
}

/** Whether a WebSocket was opened by a page of this server, or by a program that is no browser (no Origin). */
export function isAllowedOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined || origin === `http://${host}`;
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
