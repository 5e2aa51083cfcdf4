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
];
