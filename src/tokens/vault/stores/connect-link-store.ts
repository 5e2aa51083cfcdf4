import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../../../kit/errors/index.ts';
import type { Database, Row, Statement } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** Most usable links of one client at a time. */
export const MAX_LINKS = 100;

export interface NewConnectLink {
  readonly client: string;
  /** Only the person with this verified address may use it. */
  readonly email: string | undefined;
  /** Absolute URL to which the browser goes afterwards. Left out: a page of the gateway. */
  readonly returnTo: string | undefined;
  /** Sent back with `returnTo`. */
  readonly state: string | undefined;
  /** Whether another person may take over the client's connection. */
  readonly replace: boolean;
  /** Id of the principal who made it. */
  readonly madeBy: string;
  /** Epoch ms. */
  readonly endsAt: number;
}

/** An invitation to sign in for one client, once. */
export interface ConnectLink extends NewConnectLink {
  /** Digest of its token. */
  readonly id: string;
  readonly isUsed: boolean;
}

export interface LinkUse {
  readonly link: ConnectLink;
  /** Version of the client when the link was checked: if the client was changed since, it is checked again. */
  readonly clientVersion: number;
}

export interface ConnectLinkStore {
  /** @returns undefined if the client does not exist or already has {@link MAX_LINKS} links */
  make(link: NewConnectLink): Promise<Secret | undefined>;
  /** Also finds a used or expired link, until it is swept. */
  find(token: Secret): Promise<ConnectLink | undefined>;
  findById(id: string): Promise<ConnectLink | undefined>;
}

interface StoreParts {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly now: () => number;
}

export function createConnectLinkStore({ database, keys, now }: StoreParts): ConnectLinkStore {
  const place = (id: string) => ({ table: 'connect_links', row: id, field: 'sealed' });

  const toLink = (row: Row): ConnectLink | undefined => {
    const id = String(row['id']);
    const text = keys.open(String(row['sealed']), place(id));
    if (!text) return undefined;
    // The gateway sealed it, so it has the form that `make` wrote.
    const link = JSON.parse(text.reveal()) as NewConnectLink;
    if (link.client !== row['client'] || link.endsAt !== Number(row['ends_at'])) return undefined;
    return { ...link, id, isUsed: row['used_at'] !== null };
  };

  const findById = async (id: string) => {
    const [row] = await database.query('SELECT * FROM connect_links WHERE id = $1', [id]);
    return row && toLink(row);
  };

  return {
    async make(link) {
      const token = new Secret(randomBytes(32).toString('base64url'));
      const id = toId(token);
      const sealed = keys.seal(new Secret(JSON.stringify(link)), place(id));
      const made = await database.query(INSERT_LINK, [id, link.client, sealed, link.endsAt, now()]);
      return made.length > 0 ? token : undefined;
    },
    find: (token) => findById(toId(token)),
    findById,
  };
}

/** Part of the transaction that stores the pair. Changes nothing if {@link isLinkGood} finds nothing. */
export const useLink = (use: LinkUse, now: number): Statement => ({
  sql: `UPDATE connect_links SET used_at = $2 WHERE ${GOOD} RETURNING id`,
  values: valuesOf(use, now),
});

/** Finds a link that is unused and not expired, and whose client has not changed. */
export const isLinkGood = (use: LinkUse, now: number): Statement => ({
  sql: `SELECT id FROM connect_links WHERE ${GOOD}`,
  values: valuesOf(use, now),
});

const GOOD = `
  id = $1 AND used_at IS NULL AND ends_at > $2
    AND EXISTS (SELECT 1 FROM clients WHERE name = $3 AND version = $4 AND removed_at IS NULL)`;

const valuesOf = ({ link, clientVersion }: LinkUse, now: number) => [link.id, now, link.client, clientVersion];

const INSERT_LINK = `
  INSERT INTO connect_links (id, client, sealed, ends_at)
  SELECT CAST($1 AS TEXT), name, CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM clients
  WHERE name = $2 AND removed_at IS NULL
    AND (SELECT count(*) FROM connect_links WHERE client = $2 AND used_at IS NULL AND ends_at > $5) < ${MAX_LINKS}
  RETURNING id`;

/** The table contains nothing that would give its reader access. */
const toId = (token: Secret) => createHash('sha256').update('connect-link').update(token.reveal()).digest('hex');
