import { GatewayError } from '../../kit/errors/index.ts';
import { single } from '../../kit/http/index.ts';
import { isLoopbackHost } from '../../kit/this-machine.ts';

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
 * Cookies travel by themselves, so a request that is trusted for its cookie must show that a page of the gateway sent it:
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
  return host !== undefined && isLoopbackHost(host.replace(/:\d+$/, '')) && text === `http://${host.toLowerCase()}`;
}

const foreign = () =>
  new GatewayError(
    'FORBIDDEN',
    `A session counts only for pages of the gateway itself. Programs send "${CSRF_HEADER}: 1" beside the cookie, or better an API key.`,
  );
