import { randomBytes } from 'node:crypto';
import type { SandboxClock } from '../../sandbox-server.ts';
import type { Tenant } from '../tenant.ts';

const ACCESS_TOKEN_SECONDS = 15 * 60;
const REFRESH_TOKEN_SECONDS = 60 * 60;

export interface IssuedToken {
  readonly value: string;
  /** Epoch ms on the sandbox's clock. */
  readonly expiresAt: number;
  /** Its whole life. */
  readonly seconds: number;
}

export interface TokenPair {
  readonly access: IssuedToken;
  readonly refresh: IssuedToken;
}

interface Known {
  readonly tenant: Tenant;
  readonly expiresAt: number;
}

/** Tokens given out, each for one tenant. A refresh token works once. */
export class TokenStore {
  readonly #clock: () => SandboxClock;
  readonly #access = new Map<string, Known>();
  readonly #refresh = new Map<string, Known>();
  readonly #spent = new Set<string>();

  constructor(clock: () => SandboxClock) {
    this.#clock = clock;
  }

  issue(tenant: Tenant): TokenPair {
    const seconds = this.#clock().accessTokenSeconds ?? ACCESS_TOKEN_SECONDS;
    return {
      access: this.#add(this.#access, tenant, seconds),
      refresh: this.#add(this.#refresh, tenant, REFRESH_TOKEN_SECONDS),
    };
  }

  /** The tenant of a valid access token. */
  tenantOf(accessToken: string): Tenant | undefined {
    return this.#valid(this.#access, accessToken);
  }

  /** Uses up a refresh token. @returns its tenant, or why there is none. */
  spend(refreshToken: string): Tenant | 'spent' | 'invalid' {
    if (this.#spent.has(refreshToken)) return 'spent';
    const tenant = this.#valid(this.#refresh, refreshToken);
    if (!tenant) return 'invalid';
    this.#refresh.delete(refreshToken);
    this.#spent.add(refreshToken);
    return tenant;
  }

  /** Ends tokens; unknown ones are ignored. */
  invalidate(tokens: readonly string[]): void {
    for (const token of tokens) {
      this.#access.delete(token);
      this.#refresh.delete(token);
    }
  }

  /** Ends all. */
  clear(): void {
    this.#access.clear();
    this.#refresh.clear();
  }

  #add(tokens: Map<string, Known>, tenant: Tenant, seconds: number): IssuedToken {
    const value = randomBytes(32).toString('base64url');
    const expiresAt = this.#clock().now() + seconds * 1_000;
    tokens.set(value, { tenant, expiresAt });
    return { value, expiresAt, seconds };
  }

  #valid(tokens: Map<string, Known>, value: string): Tenant | undefined {
    const known = tokens.get(value);
    if (!known) return undefined;
    if (known.expiresAt > this.#clock().now()) return known.tenant;
    tokens.delete(value);
    return undefined;
  }
}
