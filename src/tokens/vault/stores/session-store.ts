import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../../../kit/errors/index.ts';
import type { Database, Row } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** A person's sign-in to the gateway, as their browser's cookie brings it back. */
export interface Session {
  /** Digest of the token in the cookie. */
  readonly id: string;
  /** The Sage ID account. */
  readonly subject: string;
  readonly connection: string;
  /** Number of the consent that it was made for, and ends with. */
  readonly consent: number;
  readonly email: string | undefined;
  readonly name: string | undefined;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Epoch ms: whatever happens, it ends then. */
  readonly endsAt: number;
}

export interface NewSession extends Pick<Session, 'subject' | 'connection' | 'consent' | 'email' | 'name'> {
  /** Epoch ms, when it must end earlier than usual, such as with its refresh token. */
  readonly notAfter?: number | undefined;
}

export interface SessionStore {
  /** Always under a new token: one that a browser brought along is never taken over. */
  start(session: NewSession): Promise<{ readonly token: Secret; readonly session: Session }>;
  /**
   * Whether its consent is still in force is for the caller to find out.
   * @returns undefined for a token that is unknown, ended, or was unused for too long, and for a row that says something
   * else than its seal: changed by hand, or written by a gateway from before there was one
   */
  find(token: Secret): Promise<Session | undefined>;
  end(token: Secret): Promise<Session | undefined>;
}

export interface SessionStoreOptions {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly now: () => number;
  /** ms without a request after which a session ends. @default 12 hours */
  readonly idleMs?: number;
  /** ms after which it ends in any case. @default 7 days */
  readonly absoluteMs?: number;
}

const HOUR_MS = 3600_000;
/** Use is noted this often, ms: not every request is a write. */
const NOTED_EVERY_MS = 60_000;

export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { database, keys, now, idleMs = 12 * HOUR_MS, absoluteMs = 7 * 24 * HOUR_MS } = options;
  const place = (id: string) => ({ table: 'sessions', row: id, field: 'person' });

  const toSession = (row: Row): Session | undefined => {
    const id = String(row['id']);
    const sealed = keys.open(String(row['person']), place(id));
    if (!sealed) return undefined;
    // Sealed by us, so it is what `start` wrote; an older gateway's `start` wrote only who it is.
    const session = JSON.parse(sealed.reveal()) as Partial<Omit<Session, 'id'>>;
    const { subject, connection, consent, email, name, createdAt, endsAt } = session;
    if (subject === undefined || connection === undefined || consent === undefined) return undefined;
    if (createdAt === undefined || endsAt === undefined) return undefined;
    if (subject !== row['subject'] || connection !== row['connection'] || endsAt !== Number(row['ends_at']))
      return undefined;
    return { id, subject, connection, consent, email, name, createdAt, endsAt };
  };

  return {
    async start({ notAfter = Number.POSITIVE_INFINITY, ...person }) {
      const token = new Secret(randomBytes(32).toString('base64url'));
      const id = toId(token);
      const createdAt = now();
      const endsAt = Math.min(createdAt + absoluteMs, notAfter);
      const { subject, connection, consent, email, name } = person;
      const session = { subject, connection, consent, email, name, createdAt, endsAt };
      // All of it under the seal. No column is added: an older gateway beside this one writes rows of seven.
      await database.query('INSERT INTO sessions VALUES ($1, $2, $3, $4, $5, $5, $6)', [
        id,
        subject,
        connection,
        keys.seal(new Secret(JSON.stringify(session)), place(id)),
        createdAt,
        endsAt,
      ]);
      return { token, session: { id, ...session } };
    },

    async find(token) {
      const [row] = await database.query('SELECT * FROM sessions WHERE id = $1', [toId(token)]);
      if (!row) return undefined;
      const seenAt = Number(row['seen_at']);
      if (now() >= Number(row['ends_at']) || now() - seenAt >= idleMs) return undefined;
      const session = toSession(row);
      if (session && now() - seenAt >= NOTED_EVERY_MS)
        await database.query('UPDATE sessions SET seen_at = $2 WHERE id = $1', [session.id, now()]);
      return session;
    },

    async end(token) {
      const [row] = await database.query('DELETE FROM sessions WHERE id = $1 RETURNING *', [toId(token)]);
      return row && toSession(row);
    },
  };
}

/** The table holds nothing that would let its reader in. */
const toId = (token: Secret) => createHash('sha256').update('session').update(token.reveal()).digest('hex');
