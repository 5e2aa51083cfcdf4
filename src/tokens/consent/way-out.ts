import { GatewayError } from '../../kit/errors/index.ts';
import { single } from '../../kit/http/index.ts';
import { json, redirect, wantsHtml, wantsJson } from './answers.ts';
import type { ConsentContext } from './consent-context.ts';
import { parseReturnTo } from './return-to.ts';
import type { ConsentAnswer, ConsentExchange } from './route-types.ts';
import type { BegunSignIn } from './sign-in.ts';

/** Marks that a browser was already redirected to the callback's host. */
const MOVED = 'moved';

/** @throws GatewayError BAD_USER_INPUT */
export function wantedReturn(query: URLSearchParams): string {
  const returnTo = parseReturnTo(query.get('returnTo') ?? '/');
  if (returnTo !== undefined) return returnTo;
  throw new GatewayError('BAD_USER_INPUT', 'returnTo must be a path of the gateway itself, such as /graphql.');
}

/**
 * Cookies belong to one host, so the browser must begin at the callback's host.
 * @returns the redirect to it; undefined if the browser is already there or cannot be redirected
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
  // For pages that authenticate with a header: the cookie is set too, and the page navigates itself.
  if (wantsJson(exchange)) return { ...json(200, { location: url }), cookies };
  return { ...redirect(url), cookies };
}

/** A cookie set here would be missing at the callback's host. */
const wrongPlace = (home: string) =>
  new GatewayError(
    'BAD_USER_INPUT',
    `Sage sends browsers back to ${home}, so a sign-in must also begin there. Open ${home} and begin again.`,
  );
