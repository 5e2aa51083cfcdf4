import { randomBytes } from 'node:crypto';
import type { SandboxClock } from '../../sandbox-server.ts';

/** What a person has approved. */
export interface Pairing {
  readonly clientId: string;
  readonly scope: string;
  readonly folders: readonly string[];
}

export interface PairingTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
  readonly expires_in: number;
}

interface Issued {
  readonly pairing: Pairing;
  /** Epoch ms. */
  readonly until: number;
  /** Of a code. */
  readonly redirectUri: string | undefined;
}

/** Lifetimes as Sage documents them; that of a code is made up. */
const CODE_SECONDS = 60;
const ACCESS_SECONDS = 5 * 60;
const REFRESH_SECONDS = 30 * 24 * 3_600;

/** Codes and tokens of the X3 cloud. A code works once, and so does a refresh token: each renewal brings a new one. */
export function createPairings(clock: () => SandboxClock) {
  const codes = new Map<string, Issued>();
  const access = new Map<string, Issued>();
  const refresh = new Map<string, Issued>();

  const issue = (into: Map<string, Issued>, pairing: Pairing, seconds: number, redirectUri?: string): string => {
    const value = randomBytes(32).toString('base64url');
    into.set(value, { pairing, until: clock().now() + seconds * 1_000, redirectUri });
    return value;
  };
  const take = (from: Map<string, Issued>, value: string): Issued | undefined => {
    const found = from.get(value);
    from.delete(value);
    return found && found.until > clock().now() ? found : undefined;
  };
  const tokensFor = (pairing: Pairing): PairingTokens => {
    const seconds = clock().accessTokenSeconds ?? ACCESS_SECONDS;
    return {
      access_token: issue(access, pairing, seconds),
      refresh_token: issue(refresh, pairing, REFRESH_SECONDS),
      scope: [pairing.scope, ...pairing.folders.map((folder) => `folder.${folder}`)].join(' '),
      expires_in: seconds,
    };
  };

  return {
    /** After a person's approval. */
    newCode: (pairing: Pairing, redirectUri: string): string => issue(codes, pairing, CODE_SECONDS, redirectUri),
    redeem(code: string, redirectUri: string): PairingTokens | undefined {
      const found = take(codes, code);
      return found?.redirectUri === redirectUri ? tokensFor(found.pairing) : undefined;
    },
    renew(refreshToken: string): PairingTokens | undefined {
      const found = take(refresh, refreshToken);
      return found && tokensFor(found.pairing);
    },
    end: (refreshToken: string): boolean => take(refresh, refreshToken) !== undefined,
    /** The pairing of an access token. */
    opens(accessToken: string): Pairing | undefined {
      const found = access.get(accessToken);
      return found && found.until > clock().now() ? found.pairing : undefined;
    },
    /** The customer takes every approval back. */
    clear() {
      for (const each of [codes, access, refresh]) each.clear();
    },
  };
}
