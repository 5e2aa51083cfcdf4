import type { Database, Row } from '../engine/database.ts';
import type { ConsentRef } from './consent-ref.ts';
import { type ConsentSeals, toStoredState } from './consent-seal.ts';

export interface CurrentConsent extends ConsentRef {
  /** Epoch ms; changes when the same person signs in again. */
  readonly consentedAt: number;
}

export interface DirectoryListing {
  readonly consents: readonly CurrentConsent[];
  /** Names of rows that differ from their seal. */
  readonly broken: readonly string[];
}

/** The current consent of each name. */
export interface ConsentDirectory {
  /** A number that changes whenever any process creates or removes a connection, signs in again or changes its state. */
  revision(): Promise<number>;
  list(): Promise<DirectoryListing>;
}

interface Opened {
  readonly text: string;
  readonly ref: ConsentRef | undefined;
}

export function createConsentDirectory(database: Database, seals: ConsentSeals): ConsentDirectory {
  // Opened seals are cached, because each change of a row makes all rows be read again.
  let opened = new Map<string, Opened>();
  return {
    async revision() {
      // The query also reads the table of connections: otherwise nobody would notice a missing table before the next change.
      const [row] = await database.query(
        "SELECT revision, (SELECT count(*) FROM connections WHERE name = '') AS nameless FROM directory_revision WHERE id = 1",
      );
      if (!row) throw new Error('The vault has lost its revision.');
      return Number(row['revision']);
    },

    async list() {
      const rows = await database.query('SELECT name, subject, consent, state, seal, consented_at FROM connections');
      const next = new Map<string, Opened>();
      const consents: CurrentConsent[] = [];
      const broken: string[] = [];
      for (const row of rows) {
        const name = String(row['name']);
        const text = JSON.stringify(row);
        const known = opened.get(name);
        const found = known?.text === text ? known : { text, ref: seals.read(row)?.ref };
        next.set(name, found);
        if (found.ref) consents.push({ ...found.ref, consentedAt: Number(row['consented_at']) });
        else broken.push(name);
      }
      opened = next;
      return { consents, broken };
    },
  };
}

/**
 * Seals the rows of a vault that is older than seals. Rows that an older gateway adds later have no seal, and their people
 * must sign in again: such a row looks the same as one that was written by hand.
 */
export async function sealAdopted(database: Database, seals: ConsentSeals): Promise<void> {
  const rows = await database.query(`
    SELECT name, subject, consent, state FROM connections, directory_revision
    WHERE seal IS NULL AND consent <= adopted_consent`);
  for (const row of rows) await sealRow(database, seals, row);
}

async function sealRow(database: Database, seals: ConsentSeals, row: Row): Promise<void> {
  const [name, number] = [String(row['name']), Number(row['consent'])];
  const subject = typeof row['subject'] === 'string' ? row['subject'] : undefined;
  await database.query(
    `UPDATE connections SET seal = $2
     WHERE name = $1 AND seal IS NULL AND consent = $3 AND subject IS NOT DISTINCT FROM CAST($4 AS TEXT)`,
    [name, seals.seal({ name, number, subject }, toStoredState(row)), number, subject ?? null],
  );
}
