import type { Adapter, AdapterPayload } from 'oidc-provider';

export interface SageIdStore {
  /** The provider's adapter for each kind of stored object. */
  adapter(kind: string): Adapter;
  /** The stored data of a refresh token, including spent ones. */
  refreshToken(value: string): AdapterPayload | undefined;
  /** Forgets all that belongs to an account. */
  revokeAccount(accountId: string): void;
}

/**
 * One server's memory. The provider's own is shared by all servers of a process and keeps only a thousand entries; this one
 * belongs to one server and removes entries by age, on the server's own clock.
 */
export function createStore(now: () => number, overlapSeconds: () => number): SageIdStore {
  const entries = new Map<string, { payload: AdapterPayload; expiresAt: number }>();

  const read = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAt > now()) return entry.payload;
    entries.delete(key);
    return undefined;
  };

  /** All refresh tokens of a consent end with its first one, even if the clock was moved in between. */
  const consentEnds = new Map<string, number>();
  const capped = ({ grantId = '' }: AdapterPayload, expiresAt: number): number => {
    const end = Math.min(expiresAt, consentEnds.get(grantId) ?? expiresAt);
    consentEnds.set(grantId, end);
    return end;
  };

  const findBy = (kind: string, property: 'uid' | 'userCode', value: string) => {
    for (const key of entries.keys()) {
      const payload = key.startsWith(`${kind}:`) ? read(key) : undefined;
      if (payload?.[property] === value) return payload;
    }
    return undefined;
  };

  return {
    adapter: (kind) => ({
      async upsert(id, payload, expiresIn) {
        const expiresAt = expiresIn ? now() + expiresIn * 1_000 : Number.POSITIVE_INFINITY;
        entries.set(`${kind}:${id}`, {
          payload,
          expiresAt: kind === 'RefreshToken' ? capped(payload, expiresAt) : expiresAt,
        });
      },
      async find(id) {
        const payload = read(`${kind}:${id}`);
        return payload && isInOverlap(payload, now(), overlapSeconds()) ? { ...payload, consumed: undefined } : payload;
      },
      findByUid: async (uid) => findBy(kind, 'uid', uid),
      findByUserCode: async (userCode) => findBy(kind, 'userCode', userCode),
      async consume(id) {
        const payload = read(`${kind}:${id}`);
        if (payload) payload.consumed = Math.floor(now() / 1_000);
      },
      async destroy(id) {
        entries.delete(`${kind}:${id}`);
      },
      async revokeByGrantId(grantId) {
        for (const [key, { payload }] of entries) {
          if (key.startsWith(`${kind}:`) && payload.grantId === grantId) entries.delete(key);
        }
      },
    }),
    refreshToken: (value) => read(`RefreshToken:${value}`),
    revokeAccount(accountId) {
      for (const [key, { payload }] of entries) {
        if (payload.accountId === accountId) entries.delete(key);
      }
    },
  };
}

/** For a while a spent token counts as fresh, if the server is configured that way. */
const isInOverlap = ({ consumed }: AdapterPayload, now: number, overlapSeconds: number) =>
  typeof consumed === 'number' && now / 1_000 < consumed + overlapSeconds;
