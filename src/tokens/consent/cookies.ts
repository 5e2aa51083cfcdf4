import { Secret } from '../../kit/errors/index.ts';
import type { BrowserRequest } from './browser-request.ts';

export interface CookieJar {
  /** Value of one cookie; undefined when it is absent. */
  read(request: BrowserRequest, name: string): Secret | undefined;
  /** Every cookie that a request brings. Foreign text, names too: compare them, never write them. */
  readAll(request: BrowserRequest): ReadonlyMap<string, Secret>;
  /** A `Set-Cookie` value. */
  write(name: string, value: Secret, maxAgeS: number): string;
  /** The `Set-Cookie` value that removes a cookie. */
  clear(name: string): string;
  /** The name as it is spelled here: with `__Host-` where browsers honour it. */
  nameOf(stem: string): string;
}

/**
 * Cookies that scripts cannot read and that other sites' requests do not carry. Lax and not Strict, since a browser
 * comes back from Sage ID with them. `__Host-` keeps sibling hosts from planting one; browsers allow it over https only.
 */
export function createCookieJar(isHttps: () => boolean): CookieJar {
  const line = (pair: string, maxAgeS: number) =>
    [
      pair,
      'Path=/',
      `Max-Age=${Math.floor(maxAgeS)}`,
      'HttpOnly',
      'SameSite=Lax',
      ...(isHttps() ? ['Secure'] : []),
    ].join('; ');

  return {
    read: (request, name) => readAll(request).get(name),
    readAll,
    write: (name, value, maxAgeS) => line(`${name}=${value.reveal()}`, maxAgeS),
    clear: (name) => line(`${name}=`, 0),
    nameOf: (stem) => (isHttps() ? `__Host-${stem}` : stem),
  };
}

function readAll({ headers: { cookie } }: BrowserRequest): ReadonlyMap<string, Secret> {
  const cookies = new Map<string, Secret>();
  if (typeof cookie !== 'string') return cookies;
  for (const pair of cookie.split(';')) {
    const text = pair.trim();
    const nameEnd = text.indexOf('=');
    const [name, value] = [text.slice(0, Math.max(nameEnd, 0)), text.slice(nameEnd + 1)];
    // Two of one name: one was planted. They match nothing then, and are not taken for none.
    cookies.set(name, new Secret(cookies.has(name) ? ',' : value));
  }
  return cookies;
}
