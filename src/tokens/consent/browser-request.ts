import { GatewayError } from '../../kit/errors/index.ts';
import { single } from '../../kit/http/index.ts';
import { isLoopbackHost } from '../../kit/this-machine.ts';

/** The parts of a request that are checked. */
export interface BrowserRequest {
  readonly method?: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly remoteAddress?: string | undefined;
}

/** A page of another origin cannot send it without a preflight, which is never allowed. */
const CSRF_HEADER = 'x-sage-gateway';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Browsers send cookies automatically, so a request with a cookie must show that a page of the gateway sent it:
 * by `Origin` or `Sec-Fetch-Site`, which only browsers set, or by a header that no other page may send.
 * For reading, it is enough that nothing says otherwise.
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
 * Other pages may link to a sign-in, but not start one unnoticed, for instance in an image or a frame. Browsers report
 * which kind of request it is.
 * @throws GatewayError FORBIDDEN
 */
export function assertInSight({ headers }: BrowserRequest): void {
  const site = single(headers['sec-fetch-site']);
  const isForeign = site === 'cross-site' || site === 'same-site';
  if (!isForeign || single(headers['sec-fetch-dest']) === 'document') return;
  throw new GatewayError('FORBIDDEN', 'A sign-in must begin in its own window. Open this URL there.');
}

function isOwnOrigin(origin: string, publicOrigin: string, host: string | undefined): boolean {
  const text = origin.toLowerCase();
  if (text === publicOrigin) return true;
  // The gateway uses another port than publicUrl says, or was reached by another name of this machine.
  return host !== undefined && isLoopbackHost(host.replace(/:\d+$/, '')) && text === `http://${host.toLowerCase()}`;
}

const foreign = () =>
  new GatewayError(
    'FORBIDDEN',
    `A session only works from pages of the gateway itself. A program must send "${CSRF_HEADER}: 1" with the cookie, or preferably use an API key.`,
  );
