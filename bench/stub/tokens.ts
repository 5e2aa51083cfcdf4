import { SITE } from './sage200-answers.ts';

/** What the configuration needs to know of the stub's accounts. */
export const STUB_ACCOUNT = {
  site: SITE,
  company: '1',
  clientId: 'bench-client',
  clientSecret: 'bench-client-secret',
  erpTenantId: '7d3f0c52-6a1e-4b8e-9f27-5f0a8c1e4d10',
} as const;

/** The first refresh token of a connection; each works once. */
export const firstRefreshToken = (connection: string): string => `refresh~${connection}~1`;

interface Known {
  readonly connection: string;
  readonly expiresAt: number;
}

/** Tokens of both systems: refresh tokens rotate and work once, access tokens end when their time is over. */
export function createTokens(accessTokenSeconds: () => number) {
  const sage200 = new Map<string, Known>();
  const erp = new Map<string, Known>();
  const turns = new Map<string, number>();
  const erpRefresh = new Set<string>();
  let made = 0;

  const issue = (into: Map<string, Known>, connection: string): string => {
    made += 1;
    // As long as the real ones, which are JWTs: the headers count, too.
    const value = `${connection}.${made}.${'x'.repeat(700)}`;
    into.set(`Bearer ${value}`, { connection, expiresAt: Date.now() + accessTokenSeconds() * 1_000 });
    return value;
  };
  const valid = (from: Map<string, Known>, header: string | undefined): string | undefined => {
    const known = header === undefined ? undefined : from.get(header);
    if (!known || !header) return undefined;
    if (Date.now() < known.expiresAt) return known.connection;
    from.delete(header);
    return undefined;
  };
  const erpAnswer = (origin: string, path: string) => {
    const refreshToken = `erp-refresh-${made + 1}`;
    erpRefresh.add(`Bearer ${refreshToken}`);
    const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
    return {
      tenantId: STUB_ACCOUNT.erpTenantId,
      accessToken: issue(erp, 'erp'),
      refreshToken,
      accessTokenExpiry: inSeconds(accessTokenSeconds()),
      refreshTokenExpiry: inSeconds(3_600),
      urls: {
        graphQL: origin + path,
        refreshToken: `${origin}/v1/token/renew`,
        invalidateToken: `${origin}/v1/token`,
      },
    };
  };

  return {
    /** @param form an OAuth refresh request @returns undefined for a refresh token that was used before */
    renewSageId(form: string) {
      const [, connection = '', turn] = (new URLSearchParams(form).get('refresh_token') ?? '').split('~');
      if (Number(turn) !== (turns.get(connection) ?? 1)) return undefined;
      turns.set(connection, Number(turn) + 1);
      return {
        access_token: issue(sage200, connection),
        refresh_token: `refresh~${connection}~${Number(turn) + 1}`,
        token_type: 'Bearer',
        expires_in: accessTokenSeconds(),
      };
    },
    sage200CallerOf: (header: string | undefined) => valid(sage200, header),
    obtainErp: erpAnswer,
    renewErp: (header: string | undefined, origin: string, path: string) =>
      erpRefresh.delete(header ?? '') ? erpAnswer(origin, path) : undefined,
    isErpToken: (header: string | undefined) => valid(erp, header) !== undefined,
  };
}
