/** As much of a browser as signing in needs: cookies by host, redirects one at a time. */
export interface CookieBrowser {
  /** Cookies of one host, by name. */
  cookies(url: string): ReadonlyMap<string, string>;
  setCookie(url: string, name: string, value: string): void;
  /** Follows nothing. Attributes of the cookies that came are in `setCookies`. */
  open(url: string, init?: RequestInit): Promise<Visit>;
}

export interface Visit {
  readonly status: number;
  readonly headers: Headers;
  readonly location: string | undefined;
  readonly setCookies: readonly string[];
  readonly text: string;
}

export function createCookieBrowser(): CookieBrowser {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: string) => {
    const { hostname } = new URL(url);
    const jar = jars.get(hostname) ?? new Map<string, string>();
    jars.set(hostname, jar);
    return jar;
  };
  return {
    cookies: (url) => new Map(jarOf(url)),
    setCookie: (url, name, value) => void jarOf(url).set(name, value),
    async open(url, init = {}) {
      const jar = jarOf(url);
      const headers = new Headers(init.headers);
      if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
      const response = await fetch(url, { ...init, headers, redirect: 'manual' });
      const setCookies = response.headers.getSetCookie();
      for (const cookie of setCookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (/max-age=0(;|$)/i.test(cookie)) jar.delete(name);
        else jar.set(name, value);
      }
      return {
        status: response.status,
        headers: response.headers,
        location: response.headers.get('location') ?? undefined,
        setCookies,
        text: await response.text(),
      };
    },
  };
}
