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
  readonly email: string | undefined;
  readonly name: string | undefined;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Epoch ms: whatever happens, it ends then. */
  readonly endsAt: number;
}

export interface NewSession extends Pick<Session, 'subject' | 'connection' | 'email' | 'name'> {
  /** Epoch ms, when it must end earlier than usual, such as with its refresh token. */
  readonly notAfter?: number | undefined;
}

export interface SessionStore {
  /** Always under a new token: one that a browser brought along is never taken over. */
  start(session: NewSession): Promise<{ readonly token: Secret; readonly session: Session }>;
  /** @returns undefined for a token that is unknown, ended, or was unused for too long. */
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
    const person = keys.open(String(row['person']), place(id));
    if (!person) return undefined;
    // Sealed by us, so it is what `start` wrote.
    const { email, name } = JSON.parse(person.reveal()) as { email?: string; name?: string };
    return {
      id,
      subject: String(row['subject']),
      connection: String(row['connection']),
      email,
      name,
      createdAt: Number(row['created_at']),
      endsAt: Number(row['ends_at']),
    };
  };

  return {
    async start({ subject, connection, email, name, notAfter = Number.POSITIVE_INFINITY }) {
      const token = new Secret(randomBytes(32).toString('base64url'));
      const id = toId(token);
      const createdAt = now();
      const endsAt = Math.min(createdAt + absoluteMs, notAfter);
      await database.query('INSERT INTO sessions VALUES ($1, $2, $3, $4, $5, $5, $6)', [
        id,
        subject,
        connection,
        keys.seal(new Secret(JSON.stringify({ email, name })), place(id)),
        createdAt,
        endsAt,
      ]);
      return { token, session: { id, subject, connection, email, name, createdAt, endsAt } };
    },

    async find(token) {
      const [row] = await database.query('SELECT * FROM sessions WHERE id = $1', [toId(token)]);
      if (!row) return undefined;
      const seenAt = Number(row['seen_at']);
      if (now() >= Number(row['ends_at']) || now() - seenAt >= idleMs) return undefined;
      if (now() - seenAt >= NOTED_EVERY_MS)
        await database.query('UPDATE sessions SET seen_at = $2 WHERE id = $1', [String(row['id']), now()]);
      return toSession(row);
    },

    async end(token) {
      const [row] = await database.query('DELETE FROM sessions WHERE id = $1 RETURNING *', [toId(token)]);
      return row && toSession(row);
    },
  };
}

/** The table holds nothing that would let its reader in. */
const toId = (token: Secret) => createHash('sha256').update('session').update(token.reveal()).digest('hex');
