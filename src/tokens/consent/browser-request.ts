import { GatewayError } from '../../kit/errors/index.ts';

/** What is looked at of a request. */
export interface BrowserRequest {
  readonly method?: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly remoteAddress?: string | undefined;
}

/** A page of another origin cannot send it without asking first, and is never allowed to. */
export const CSRF_HEADER = 'x-sage-gateway';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Cookies travel by themselves, so a request that is trusted for its cookie must show that a page of ours sent it:
 * by `Origin` or `Sec-Fetch-Site`, which only browsers write, or by a header that no other page may send.
 * Reading needs only that nothing says otherwise.
 * @throws GatewayError FORBIDDEN
 */
export function assertOwnPage({ method = 'GET', headers }: BrowserRequest, publicOrigin: string): void {
  const origin = single(headers['origin']);
  if (origin !== undefined && !isOwnOrigin(origin, publicOrigin, single(headers['host']))) throw foreign();
  if (SAFE.has(method) || origin !== undefined) return;
  if (headers['origin'] !== undefined) throw foreign();
  if (single(headers['sec-fetch-site']) === 'same-origin' || single(headers[CSRF_HEADER])) return;
  throw foreign();
}

/**
 * Other pages may lead a person here, but begin nothing behind their back: as an image or in a frame, where only browsers
 * know who asks and say so.
 * @throws GatewayError FORBIDDEN
 */
export function assertInSight({ headers }: BrowserRequest): void {
  const site = single(headers['sec-fetch-site']);
  const isForeign = site === 'cross-site' || site === 'same-site';
  if (!isForeign || single(headers['sec-fetch-dest']) === 'document') return;
  throw new GatewayError('FORBIDDEN', 'A sign-in begins in a window of its own: open this address there.');
}

function isOwnOrigin(origin: string, publicOrigin: string, host: string | undefined): boolean {
  const text = origin.toLowerCase();
  if (text === publicOrigin) return true;
  // Started on another port than publicUrl says, or reached by another name of this machine.
  return host !== undefined && isLoopbackHost(host) && text === `http://${host.toLowerCase()}`;
}

const foreign = () =>
  new GatewayError(
    'FORBIDDEN',
    `A session counts only for pages of the gateway itself. Programs send "${CSRF_HEADER}: 1" beside the cookie, or better an API key.`,
  );

/** Whether a `Host` means this machine only. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Whether whoever asks sits at this very machine: sent to a loopback name, from a loopback address, by no proxy. */
export function isFromThisMachine({ headers, remoteAddress }: BrowserRequest): boolean {
  const host = single(headers['host']);
  if (host === undefined || !isLoopbackHost(host)) return false;
  if (Object.entries(headers).some(([name, value]) => value !== undefined && PROXY_HEADER.test(name))) return false;
  const address = remoteAddress?.replace(/^::ffff:/, '');
  return address === undefined || address === '::1' || address.startsWith('127.');
}

const PROXY_HEADER = /^(x-forwarded-.*|forwarded|x-real-ip)$/i;

const single = (value: string | readonly string[] | undefined) => (typeof value === 'string' ? value : undefined);
