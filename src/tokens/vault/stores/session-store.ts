import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../../../kit/errors/index.ts';
import type { Database, Row } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** A person's sign-in to the gateway, identified by their browser's cookie. */
export interface Session {
  /** Digest of the token in the cookie. */
  readonly id: string;
  /** The Sage ID account. */
  readonly subject: string;
  readonly connection: string;
  /** Number of its consent; the session ends with it. */
  readonly consent: number;
  readonly email: string | undefined;
  readonly name: string | undefined;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Epoch ms of its end in any case. */
  readonly endsAt: number;
}

export interface NewSession extends Pick<Session, 'subject' | 'connection' | 'consent' | 'email' | 'name'> {
  /** Epoch ms, if it must end earlier than usual, for example with its refresh token. */
  readonly notAfter?: number | undefined;
}

export interface SessionStore {
  /** Always creates a new token: a token that a browser brings is never reused. */
  start(session: NewSession): Promise<{ readonly token: Secret; readonly session: Session }>;
  /**
   * The caller must check whether its consent is still in force.
   * @returns undefined for a token that is unknown, expired or was unused for too long, and for a row that differs from its
   * seal or has none: changed by hand, or written by an older gateway
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
/** ms between two updates of the last use, so that not every request is a write. */
const NOTED_EVERY_MS = 60_000;

export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { database, keys, now, idleMs = 12 * HOUR_MS, absoluteMs = 7 * 24 * HOUR_MS } = options;
  const place = (id: string) => ({ table: 'sessions', row: id, field: 'person' });

  const toSession = (row: Row): Session | undefined => {
    const id = String(row['id']);
    const sealed = keys.open(String(row['person']), place(id));
    if (!sealed) return undefined;
    // The gateway sealed it, so it has the form that `start` wrote; in an older gateway, only the person.
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
      // The seal contains everything. No column is added, because an older gateway beside this one writes rows of seven columns.
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

/** The table contains nothing that would give its reader access. */
const toId = (token: Secret) => createHash('sha256').update('session').update(token.reveal()).digest('hex');
