import type { Migration, MigrationStatement } from './database.ts';

/** The layout from which on everything is recorded in chains. */
export const AUDIT_LAYOUT = 3;

/** Never change a released migration, only add new ones: it has already run on somebody's disk. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    statements: [
      'CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)',
      `CREATE TABLE connections (
        name TEXT PRIMARY KEY,
        subject TEXT,
        scope TEXT,
        access_token TEXT,
        refresh_token TEXT NOT NULL,
        issued_at BIGINT,
        expires_at BIGINT,
        consented_at BIGINT NOT NULL,
        refresh_expires_at BIGINT NOT NULL,
        generation BIGINT NOT NULL,
        lease_owner TEXT,
        lease_until BIGINT,
        state TEXT NOT NULL,
        error_code TEXT,
        error_at BIGINT
      )`,
    ],
  },
  {
    version: 2,
    statements: [
      'ALTER TABLE connections ADD COLUMN warned_for BIGINT',
      `CREATE TABLE sign_ins (
        id TEXT PRIMARY KEY,
        browser TEXT NOT NULL,
        secrets TEXT NOT NULL,
        connection TEXT,
        return_to TEXT NOT NULL,
        ends_at BIGINT NOT NULL
      )`,
      `CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        subject TEXT NOT NULL,
        connection TEXT NOT NULL,
        person TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL
      )`,
      `CREATE TABLE audit_events (
        id TEXT PRIMARY KEY,
        at BIGINT NOT NULL,
        type TEXT NOT NULL,
        connection TEXT,
        caller TEXT,
        error_code TEXT
      )`,
      'CREATE INDEX audit_events_at ON audit_events (at)',
      `CREATE TABLE outcomes (
        id TEXT PRIMARY KEY,
        body_digest TEXT NOT NULL,
        outcome TEXT,
        ends_at BIGINT NOT NULL
      )`,
      'CREATE INDEX outcomes_ends_at ON outcomes (ends_at)',
      `CREATE TABLE writes (
        id TEXT PRIMARY KEY,
        at BIGINT NOT NULL,
        caller TEXT NOT NULL,
        connection TEXT,
        site TEXT NOT NULL,
        company TEXT NOT NULL,
        mutation TEXT NOT NULL,
        sage_key TEXT,
        outcome TEXT
      )`,
      'CREATE INDEX writes_at ON writes (at)',
      'CREATE TABLE vault_ids (name TEXT PRIMARY KEY, value TEXT NOT NULL)',
    ],
  },
  {
    version: AUDIT_LAYOUT,
    statements: [
      `CREATE TABLE audit_lines (
        chain BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        at BIGINT NOT NULL,
        kind TEXT NOT NULL,
        action TEXT NOT NULL,
        caller TEXT,
        connection TEXT,
        consent TEXT,
        tenant TEXT,
        site TEXT,
        company TEXT,
        sage_key TEXT,
        request_id TEXT,
        outcome TEXT,
        ends TEXT,
        mac TEXT NOT NULL,
        PRIMARY KEY (chain, sequence)
      )`,
      'CREATE INDEX audit_lines_at ON audit_lines (at)',
      'CREATE INDEX audit_lines_ends ON audit_lines (ends)',
      `CREATE TABLE audit_chains (
        chain BIGINT PRIMARY KEY,
        sequence BIGINT NOT NULL,
        chain_key TEXT NOT NULL,
        head TEXT NOT NULL,
        anchor TEXT
      )`,
      'CREATE TABLE audit_register (name TEXT PRIMARY KEY, value TEXT)',
      // It exists from the beginning, so that its removal is noticed.
      "INSERT INTO audit_register (name, value) VALUES ('chains', NULL)",
    ],
  },
  {
    version: 4,
    statements: [
      // Which consent a row holds, and the seal over it; NULL in what an older gateway writes.
      'ALTER TABLE connections ADD COLUMN consent BIGINT',
      'ALTER TABLE connections ADD COLUMN seal TEXT',
      `UPDATE connections SET consent = numbered.number
       FROM (SELECT name, row_number() OVER (ORDER BY name) AS number FROM connections) AS numbered
       WHERE numbered.name = connections.name`,
      // One row. Its lock makes commits follow the order of the numbers; a sequence would not.
      `CREATE TABLE directory_revision (
        id BIGINT PRIMARY KEY,
        revision BIGINT NOT NULL,
        last_consent BIGINT NOT NULL,
        adopted_consent BIGINT NOT NULL
      )`,
      'INSERT INTO directory_revision SELECT 1, 1, count(*), count(*) FROM connections',
      directoryTriggers(),
    ],
  },
  {
    version: 5,
    // Nobody asks Sage ID for a connection's tokens before this time, by the clock of leases.
    statements: ['ALTER TABLE connections ADD COLUMN not_before BIGINT'],
  },
  {
    version: 6,
    statements: [
      // Incremented with each change of a client or key, and stored in the row as `changed`: readers query for newer rows.
      'ALTER TABLE directory_revision ADD COLUMN client_revision BIGINT NOT NULL DEFAULT 0',
      // A removed client or key stays as a row without a seal until its name is free again.
      `CREATE TABLE clients (
        name TEXT PRIMARY KEY,
        version BIGINT NOT NULL,
        sealed TEXT,
        changed BIGINT NOT NULL,
        removed_at BIGINT
      )`,
      'CREATE INDEX clients_changed ON clients (changed)',
      `CREATE TABLE client_keys (
        id TEXT PRIMARY KEY,
        client TEXT NOT NULL,
        name TEXT NOT NULL,
        sealed TEXT,
        changed BIGINT NOT NULL,
        removed_at BIGINT
      )`,
      'CREATE INDEX client_keys_changed ON client_keys (changed)',
      'CREATE INDEX client_keys_client ON client_keys (client)',
      `CREATE TABLE connect_links (
        id TEXT PRIMARY KEY,
        client TEXT NOT NULL,
        sealed TEXT NOT NULL,
        ends_at BIGINT NOT NULL,
        used_at BIGINT
      )`,
      'CREATE INDEX connect_links_client ON connect_links (client)',
    ],
  },
  {
    version: 7,
    statements: [
      // Incremented to make all gateways on this vault reload their configurations.
      'ALTER TABLE directory_revision ADD COLUMN reload_request BIGINT NOT NULL DEFAULT 0',
      `CREATE TABLE reload_hearings (
        request BIGINT NOT NULL,
        gateway TEXT NOT NULL,
        answer TEXT,
        PRIMARY KEY (request, gateway)
      )`,
    ],
  },
  {
    version: 8,
    // Stored values of sources; `id` is the source and its own name for the value.
    statements: ['CREATE TABLE source_rows (id TEXT PRIMARY KEY, sealed TEXT NOT NULL)'],
  },
];

/**
 * Every change of a connection, even by an older gateway or by hand, increments the revision in the same transaction and
 * ends the sessions of a consent that ends. Token renewals change none of the columns that matter here.
 */
function directoryTriggers(): Exclude<MigrationStatement, string> {
  const columns = ['subject', 'state', 'consent', 'seal', 'consented_at'];
  const isChanged = columns.map((name) => `NEW.${name} IS DISTINCT FROM OLD.${name}`).join(' OR ');
  const raise = 'UPDATE directory_revision SET revision = revision + 1;';
  const endSessions = 'DELETE FROM sessions WHERE connection = OLD.name';
  return {
    sqlite: [
      `CREATE TRIGGER connection_made AFTER INSERT ON connections BEGIN ${raise} END`,
      `CREATE TRIGGER connection_removed AFTER DELETE ON connections BEGIN ${endSessions}; ${raise} END`,
      `CREATE TRIGGER connection_changed AFTER UPDATE ON connections WHEN ${isChanged} BEGIN
        ${endSessions} AND NEW.consent IS DISTINCT FROM OLD.consent;
        ${raise}
      END`,
    ],
    postgres: [
      `CREATE FUNCTION raise_directory_revision() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        ${raise}
        IF TG_OP = 'DELETE' THEN ${endSessions}; END IF;
        IF TG_OP = 'UPDATE' THEN ${endSessions} AND NEW.consent IS DISTINCT FROM OLD.consent; END IF;
        RETURN NULL;
      END $$`,
      `CREATE TRIGGER connection_made_or_removed AFTER INSERT OR DELETE ON connections
        FOR EACH ROW EXECUTE FUNCTION raise_directory_revision()`,
      `CREATE TRIGGER connection_changed AFTER UPDATE ON connections
        FOR EACH ROW WHEN (${isChanged}) EXECUTE FUNCTION raise_directory_revision()`,
    ],
  };
}
