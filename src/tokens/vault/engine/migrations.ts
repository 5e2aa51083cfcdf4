import type { Migration } from './database.ts';

/** The layout from which on everything is recorded in chains. */
export const AUDIT_LAYOUT = 3;

/** Only ever added to: a released migration has run on somebody's disk. */
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
      // There from the beginning: that it is gone can be seen.
      "INSERT INTO audit_register (name, value) VALUES ('chains', NULL)",
    ],
  },
];
