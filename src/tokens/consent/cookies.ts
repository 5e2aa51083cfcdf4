import { Secret } from '../../kit/errors/index.ts';
import type { BrowserRequest } from './browser-request.ts';

export interface CookieJar {
  /** Value of one cookie; undefined when it is absent. */
  read(request: BrowserRequest, name: string): Secret | undefined;
  /** A `Set-Cookie` value. @param maxAgeS 0 removes the cookie */
  write(name: string, value: Secret, maxAgeS: number): string;
  /** The name as it is spelled here: with `__Host-` where browsers honour it. */
  nameOf(stem: string): string;
}

/**
 * Cookies that scripts cannot read and that other sites' requests do not carry. Lax and not Strict, since a browser
 * comes back from Sage ID with them. `__Host-` keeps sibling hosts from planting one; browsers allow it over https only.
 */
export function createCookieJar(isHttps: () => boolean): CookieJar {
  return {
    read({ headers }, name) {
      const header = headers['cookie'];
      if (typeof header !== 'string') return undefined;
      const values = header
        .split(';')
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${name}=`))
        .map((pair) => pair.slice(name.length + 1));
      // Two of one name: one was planted. Together they match nothing, and are not taken for none.
      return values.length === 0 ? undefined : new Secret(values.join(','));
    },
    write: (name, value, maxAgeS) =>
      [
        `${name}=${maxAgeS === 0 ? '' : value.reveal()}`,
        'Path=/',
        `Max-Age=${Math.floor(maxAgeS)}`,
        'HttpOnly',
        'SameSite=Lax',
        ...(isHttps() ? ['Secure'] : []),
      ].join('; '),
    nameOf: (stem) => (isHttps() ? `__Host-${stem}` : stem),
  };
}
