import type { Secret } from '../../kit/errors/index.ts';
import type { BrowserRequest } from './browser-request.ts';
import { createCookieJar } from './cookies.ts';

export interface SessionCookie {
  read(request: BrowserRequest): Secret | undefined;
  write(token: Secret, maxAgeMs: number): string;
  clear(): string;
}

export interface SessionCookieOptions {
  /**
   * Part of the name: cookies know no ports, so two gateways on one machine would take each other's, and a
   * browser would go on sending one whose vault is gone.
   */
  readonly vaultId: string;
  readonly isHttps: () => boolean;
}

export function createSessionCookie({ vaultId, isHttps }: SessionCookieOptions): SessionCookie {
  const jar = createCookieJar(isHttps);
  const name = () => jar.nameOf(`sage-gateway-${vaultId}`);
  return {
    read: (request) => jar.read(request, name()),
    write: (token, maxAgeMs) => jar.write(name(), token, Math.max(maxAgeMs / 1000, 1)),
    clear: () => jar.clear(name()),
  };
}
