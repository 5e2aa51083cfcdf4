import type { Secret } from '../../kit/errors/index.ts';
import type { SignInAttempt, SignInAttempts } from '../vault/index.ts';
import type { BrowserRequest } from './browser-request.ts';
import { createCookieJar } from './cookies.ts';
import { SIGN_IN_LIFE_MS } from './sign-in.ts';

export interface AttemptCookies {
  /**
   * `Set-Cookie` values that add an attempt, and remove older ones, oldest first, if there are more than 10 in total
   * or 6,500 characters.
   */
  add(request: BrowserRequest, attempt: SignInAttempt): readonly string[];
  /** The browser's attempt with this `state`, if there is one. */
  find(request: BrowserRequest, state: Secret): SignInAttempt | undefined;
  /** The `Set-Cookie` value that removes it. */
  remove(state: Secret): string;
}

export interface AttemptCookiesOptions {
  readonly attempts: Pick<SignInAttempts, 'nameOf' | 'seal' | 'open'>;
  readonly isHttps: () => boolean;
}

const STEM = 'sage-sign-in-';
const NAME_CHARS = 16;
const MOST = 10;
/** Proxies allow a header line of 8 kB: enough for two attempts with the longest `returnTo`, and for other cookies. */
const MOST_CHARS = 6_500;

/** One cookie for each attempt, so that tabs do not overwrite each other's. */
export function createAttemptCookies({ attempts, isHttps }: AttemptCookiesOptions): AttemptCookies {
  const jar = createCookieJar(isHttps);
  const cookieOf = (name: string) => jar.nameOf(`${STEM}${name}`);

  /** The attempts of a browser, newest first. Cookies of another gateway on this machine cannot be opened, and are not changed. */
  const broughtBy = (request: BrowserRequest) => {
    const brought: { name: string; chars: number; endsAt: number }[] = [];
    for (const [cookie, sealed] of jar.readAll(request)) {
      const name = cookie.slice(-NAME_CHARS);
      const attempt = cookie === cookieOf(name) ? attempts.open(name, sealed) : undefined;
      if (attempt) brought.push({ name, chars: cookie.length + sealed.reveal().length, endsAt: attempt.endsAt });
    }
    return brought.sort((one, other) => other.endsAt - one.endsAt);
  };

  return {
    add(request, attempt) {
      const cookie = cookieOf(attempts.nameOf(attempt.state));
      const sealed = attempts.seal(attempt);
      const removed: string[] = [];
      let count = 1;
      let chars = cookie.length + sealed.reveal().length;
      for (const other of broughtBy(request)) {
        count += 1;
        chars += other.chars;
        if (count > MOST || chars > MOST_CHARS) removed.push(jar.clear(cookieOf(other.name)));
      }
      return [jar.write(cookie, sealed, SIGN_IN_LIFE_MS / 1000), ...removed];
    },
    find(request, state) {
      const name = attempts.nameOf(state);
      const sealed = jar.read(request, cookieOf(name));
      return sealed && attempts.open(name, sealed);
    },
    remove: (state) => jar.clear(cookieOf(attempts.nameOf(state))),
  };
}
