import { Secret } from '../../kit/errors/index.ts';
import type { BrowserRequest } from './browser-request.ts';

export interface CookieJar {
  /** Value of one cookie; undefined if it is absent. */
  read(request: BrowserRequest, name: string): Secret | undefined;
  /** All cookies of a request. Names and values are foreign text: compare them, but never print them. */
  readAll(request: BrowserRequest): ReadonlyMap<string, Secret>;
  /** A `Set-Cookie` value. */
  write(name: string, value: Secret, maxAgeS: number): string;
  /** The `Set-Cookie` value that removes a cookie. */
  clear(name: string): string;
  /** The actual name, with `__Host-` if browsers accept it. */
  nameOf(stem: string): string;
}

/**
 * Cookies that scripts cannot read and that browsers do not send with other sites' requests. Lax and not Strict, since
 * they are needed when the browser returns from Sage ID. `__Host-` prevents sibling hosts from setting one; browsers only allow it over https.
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
    // If there are two with the same name, one was planted. Then neither is valid, but they do not count as missing.
    cookies.set(name, new Secret(cookies.has(name) ? ',' : value));
  }
  return cookies;
}
