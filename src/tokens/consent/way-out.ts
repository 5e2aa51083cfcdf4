import { GatewayError } from '../../kit/errors/index.ts';
import { single } from '../../kit/http/index.ts';
import { json, redirect, wantsHtml, wantsJson } from './answers.ts';
import type { ConsentContext } from './consent-context.ts';
import { parseReturnTo } from './return-to.ts';
import type { ConsentAnswer, ConsentExchange } from './route-types.ts';
import type { BegunSignIn } from './sign-in.ts';

/** Marks that a browser was already sent to the host that Sage sends it back to. */
const MOVED = 'moved';

/** @throws GatewayError BAD_USER_INPUT */
export function wantedReturn(query: URLSearchParams): string {
  const returnTo = parseReturnTo(query.get('returnTo') ?? '/');
  if (returnTo !== undefined) return returnTo;
  throw new GatewayError('BAD_USER_INPUT', 'returnTo must be a path of the gateway itself, such as /graphql.');
}

/**
 * Cookies belong to one host: the browser must begin where it will come back to.
 * @returns what sends it there; undefined when it is there already, or nobody can send it
 */
export function sendHome(
  context: ConsentContext,
  exchange: ConsentExchange,
  { path, redirectUri }: { readonly path: string; readonly redirectUri: string },
): ConsentAnswer | undefined {
  const home = new URL(redirectUri);
  const query = new URLSearchParams(exchange.search);
  if (single(exchange.headers['host']) === home.host || query.has(MOVED)) return undefined;
  if (wantsJson(exchange)) throw wrongPlace(home.origin);
  if (!wantsHtml(exchange)) return undefined;
  query.set(MOVED, '1');
  return redirect(`${home.origin}${context.basePath()}${path}?${query}`);
}

/** Sends a browser to Sage, with a cookie that ties it to its attempt. */
export function sendOut(
  { attempts }: ConsentContext,
  exchange: ConsentExchange,
  { url, attempt }: BegunSignIn,
): ConsentAnswer {
  const cookies = attempts.add(exchange, attempt);
  // For pages that authenticate by header: the cookie is set all the same, and the page goes there itself.
  if (wantsJson(exchange)) return { ...json(200, { location: url }), cookies };
  return { ...redirect(url), cookies };
}

/** The cookie that begins here would not be there where Sage sends the browser back to. */
const wrongPlace = (home: string) =>
  new GatewayError(
    'BAD_USER_INPUT',
    `Sage sends browsers back to ${home}, and only a sign-in that began there can be finished there. Open ${home} and begin again.`,
  );
