import { Secret } from '../../../kit/errors/index.ts';
import type { Database, Row, Statement } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** ms for which the name of a removed client is reserved: data that other systems keep under the name must not become another client's. */
export const RESERVED_MS = 7 * 24 * 3600_000;

export const MAX_KEYS = 50;

/** Rows read at a time: opening their seals blocks the process for some ms. */
const PAGE = 100;

export interface CompanyPair {
  readonly site: string;
  readonly company: string;
}

export interface ErpCredentials {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** A customer of the company that runs the gateway. Its name is also that of its connection and its tenant. */
export interface StoredClient {
  readonly name: string;
  /** For people. */
  readonly title: string | undefined;
  readonly enabled: boolean;
  /** The default company of requests; both or neither. */
  readonly site: string | undefined;
  readonly company: string | undefined;
  /** Companies that its callers may use. */
  readonly companies: 'all' | readonly CompanyPair[];
  readonly erp: ErpCredentials | undefined;
  /** Incremented with each change. */
  readonly version: number;
}

export interface ClientKey {
  readonly client: string;
  readonly name: string;
  /** Of the key, in lower-case hex. */
  readonly sha256: string;
  readonly readOnly: boolean;
  /** Epoch ms. */
  readonly expiresAt: number | undefined;
}

export interface DirectoryChanges {
  readonly clients: readonly StoredClient[];
  /** Names; their keys were removed too. */
  readonly removedClients: readonly string[];
  readonly keys: readonly ClientKey[];
  readonly removedKeys: readonly Pick<ClientKey, 'client' | 'name'>[];
  /** Rows that differ from their seal, such as `clients acme`. */
  readonly broken: readonly string[];
}

export interface ClientStore {
  /** A number that increases with every change of a client or key, by any process. */
  revision(): Promise<number>;
  /** Changes after that revision, in pages: clients first, then keys. -1: everything. */
  changesAfter(revision: number): AsyncIterable<DirectoryChanges>;
  /** `removedAt`, epoch ms: the name is free again {@link RESERVED_MS} later. */
  read(name: string): Promise<{ readonly client: StoredClient } | { readonly removedAt: number } | undefined>;
  count(): Promise<number>;
  /** @param over the version to replace; 0: the client is new @returns false, without a change, for another version */
  write(client: Omit<StoredClient, 'version'>, over: number): Promise<boolean>;
  /**
   * Removes the client, its keys, links and connection, and so its sessions, in one transaction.
   * @param connection `stays`: it no longer belongs to the client
   */
  remove(name: string, connection?: 'goes' | 'stays'): Promise<boolean>;
  /** Of one client, by name. */
  keysOf(client: string): Promise<readonly ClientKey[]>;
  /** @returns false if the client does not exist, has a key of that name or already has {@link MAX_KEYS} */
  addKey(key: ClientKey): Promise<boolean>;
  removeKey(client: string, name: string): Promise<boolean>;
}

interface StoreParts {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly now: () => number;
}

/**
 * Clients and keys. A row's seal covers all of its values, so editing the database by hand cannot create a client or key.
 * Every transaction locks in the same order, to avoid deadlocks: the connection, the revision, then rows of clients.
 */
export function createClientStore({ database, keys, now }: StoreParts): ClientStore {
  const seals = createRowSeals(keys);

  return {
    async revision() {
      const [row] = await database.query('SELECT client_revision FROM directory_revision WHERE id = 1');
      if (!row) throw new Error('The vault has lost its revision.');
      return Number(row['client_revision']);
    },

    async *changesAfter(revision) {
      for await (const rows of pagesOf(database, 'clients', 'name', revision)) yield seals.changesIn(rows, []);
      for await (const rows of pagesOf(database, 'client_keys', 'id', revision)) yield seals.changesIn([], rows);
    },

    async read(name) {
      const [row] = await database.query('SELECT * FROM clients WHERE name = $1', [name]);
      if (!row) return undefined;
      if (row['removed_at'] !== null) return { removedAt: Number(row['removed_at']) };
      const client = seals.openClient(row);
      return client && { client };
    },

    async count() {
      const [row] = await database.query('SELECT count(*) AS clients FROM clients WHERE removed_at IS NULL');
      return Number(row?.['clients']);
    },

    write(client, over) {
      const values = [client.name, over + 1, seals.sealClient({ ...client, version: over + 1 })];
      return database.together([
        RAISE,
        over === 0
          ? { sql: INSERT_CLIENT, values: [...values, now() - RESERVED_MS] }
          : { sql: UPDATE_CLIENT, values: [...values, over] },
      ]);
    },

    remove(name, connection = 'goes') {
      const removeConnection = { sql: REMOVE_CONNECTION, values: [name], rows: 'any' } as const;
      return database.together([
        ...(connection === 'goes' ? [removeConnection] : []),
        RAISE,
        // Again, now under the lock: one may have been stored since.
        ...(connection === 'goes' ? [removeConnection] : []),
        { sql: REMOVE_CLIENT, values: [name, now()] },
        { sql: 'DELETE FROM client_keys WHERE client = $1 RETURNING id', values: [name], rows: 'any' },
        { sql: 'DELETE FROM connect_links WHERE client = $1 RETURNING id', values: [name], rows: 'any' },
      ]);
    },

    async keysOf(client) {
      const rows = await database.query(
        'SELECT * FROM client_keys WHERE client = $1 AND removed_at IS NULL ORDER BY name',
        [client],
      );
      return rows.flatMap((row) => seals.openKey(row) ?? []);
    },

    addKey(key) {
      const id = idOf(key.client, key.name);
      return database.together([RAISE, { sql: INSERT_KEY, values: [id, key.client, key.name, seals.sealKey(key)] }]);
    },

    removeKey: (client, name) => database.together([RAISE, { sql: REMOVE_KEY, values: [idOf(client, name), now()] }]),
  };
}

/** Names of clients contain no slash. */
const idOf = (client: string, name: string) => `${client}/${name}`;

/** Its lock makes commits follow the order of the numbers: a reader that has seen one has seen all before it. */
const RAISE: Statement = {
  sql: 'UPDATE directory_revision SET client_revision = client_revision + 1 WHERE id = 1 RETURNING client_revision',
  values: [],
};

const CHANGED = '(SELECT client_revision FROM directory_revision WHERE id = 1)';

const INSERT_CLIENT = `
  INSERT INTO clients (name, version, sealed, changed) VALUES ($1, $2, $3, ${CHANGED})
  ON CONFLICT (name) DO UPDATE SET
    version = excluded.version, sealed = excluded.sealed, changed = excluded.changed, removed_at = NULL
  WHERE clients.removed_at <= $4
  RETURNING name`;

const UPDATE_CLIENT = `
  UPDATE clients SET version = $2, sealed = $3, changed = ${CHANGED}
  WHERE name = $1 AND version = $4 AND removed_at IS NULL
  RETURNING name`;

const REMOVE_CONNECTION = 'DELETE FROM connections WHERE name = $1 RETURNING name';

const REMOVE_CLIENT = `
  UPDATE clients SET sealed = NULL, removed_at = $2, changed = ${CHANGED}
  WHERE name = $1 AND removed_at IS NULL
  RETURNING name`;

const INSERT_KEY = `
  INSERT INTO client_keys (id, client, name, sealed, changed)
  SELECT CAST($1 AS TEXT), name, CAST($3 AS TEXT), CAST($4 AS TEXT), ${CHANGED} FROM clients
  WHERE name = $2 AND removed_at IS NULL
    AND (SELECT count(*) FROM client_keys WHERE client = $2 AND removed_at IS NULL) < ${MAX_KEYS}
  ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, changed = excluded.changed, removed_at = NULL
  WHERE client_keys.removed_at IS NOT NULL
  RETURNING id`;

const REMOVE_KEY = `
  UPDATE client_keys SET sealed = NULL, removed_at = $2, changed = ${CHANGED}
  WHERE id = $1 AND removed_at IS NULL
  RETURNING id`;

/** Rows in the order of their changes. A row that changes meanwhile is read again later. */
async function* pagesOf(database: Database, table: 'clients' | 'client_keys', id: 'name' | 'id', after: number) {
  let [changed, last] = [after, ''];
  for (let isFirst = true; ; isFirst = false) {
    const rows = await database.query(
      `SELECT * FROM ${table} WHERE changed > $1 OR (changed = $1 AND ${id} > $2 AND $3 = 0)
       ORDER BY changed, ${id} LIMIT ${PAGE}`,
      // Rows of the revision itself were already read.
      [changed, last, isFirst ? 1 : 0],
    );
    if (rows.length > 0) yield rows;
    const end = rows.at(-1);
    if (!end || rows.length < PAGE) return;
    [changed, last] = [Number(end['changed']), String(end[id])];
    // SQLite answers synchronously: let other work run in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

type SealedClient = [
  title: string | null,
  enabled: boolean,
  site: string | null,
  company: string | null,
  companies: StoredClient['companies'],
  erp: [tenantId: string, clientId: string, clientSecret: string] | null,
  version: number,
];

type SealedKey = [sha256: string, readOnly: boolean, expiresAt: number | null];

function createRowSeals(keys: KeyRing) {
  const placeOf = (table: 'clients' | 'client_keys', row: string) => ({ table, row, field: 'sealed' });
  /** The gateway sealed it, so it has this form. */
  const open = <Fields>(row: Row, table: 'clients' | 'client_keys', id: string): Fields | undefined => {
    const text = typeof row['sealed'] === 'string' ? keys.open(row['sealed'], placeOf(table, id)) : undefined;
    return text && (JSON.parse(text.reveal()) as Fields);
  };

  const openClient = (row: Row): StoredClient | undefined => {
    const name = String(row['name']);
    const fields = open<SealedClient>(row, 'clients', name);
    if (!fields) return undefined;
    const [title, enabled, site, company, companies, erp, version] = fields;
    if (version !== Number(row['version'])) return undefined;
    return {
      name,
      title: title ?? undefined,
      enabled,
      site: site ?? undefined,
      company: company ?? undefined,
      companies,
      erp: erp ? { tenantId: erp[0], clientId: erp[1], clientSecret: new Secret(erp[2]) } : undefined,
      version,
    };
  };

  const openKey = (row: Row): ClientKey | undefined => {
    const [client, name] = [String(row['client']), String(row['name'])];
    const fields = open<SealedKey>(row, 'client_keys', idOf(client, name));
    if (!fields) return undefined;
    const [sha256, readOnly, expiresAt] = fields;
    return { client, name, sha256, readOnly, expiresAt: expiresAt ?? undefined };
  };

  return {
    openClient,
    openKey,
    sealClient({ name, title, enabled, site, company, companies, erp, version }: StoredClient): string {
      const secrets = erp ? ([erp.tenantId, erp.clientId, erp.clientSecret.reveal()] as const) : null;
      const fields = [title ?? null, enabled, site ?? null, company ?? null, companies, secrets, version];
      return keys.seal(new Secret(JSON.stringify(fields)), placeOf('clients', name));
    },
    sealKey({ client, name, sha256, readOnly, expiresAt }: ClientKey): string {
      const fields: SealedKey = [sha256, readOnly, expiresAt ?? null];
      return keys.seal(new Secret(JSON.stringify(fields)), placeOf('client_keys', idOf(client, name)));
    },
    changesIn(clientRows: readonly Row[], keyRows: readonly Row[]): DirectoryChanges {
      const clients = sortOut(clientRows, openClient);
      const found = sortOut(keyRows, openKey);
      return {
        clients: clients.opened,
        removedClients: [...clients.removed, ...clients.broken].map(({ name }) => String(name)),
        keys: found.opened,
        removedKeys: [...found.removed, ...found.broken].map(({ client, name }) => ({
          client: String(client),
          name: String(name),
        })),
        broken: [
          ...clients.broken.map(({ name }) => `clients ${name}`),
          ...found.broken.map(({ id }) => `client_keys ${id}`),
        ],
      };
    },
  };
}

function sortOut<Opened>(rows: readonly Row[], open: (row: Row) => Opened | undefined) {
  const [opened, removed, broken]: [Opened[], Row[], Row[]] = [[], [], []];
  for (const row of rows) {
    const found = row['removed_at'] === null ? open(row) : undefined;
    if (found) opened.push(found);
    else (row['removed_at'] === null ? broken : removed).push(row);
  }
  return { opened, removed, broken };
}
