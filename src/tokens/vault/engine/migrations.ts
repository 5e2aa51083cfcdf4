import type { Migration } from './database.ts';

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
];
