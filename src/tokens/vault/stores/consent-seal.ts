import { Secret } from '../../../kit/errors/index.ts';
import type { Row } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { ConnectionState } from './connection-store.ts';
import type { ConsentRef } from './consent-ref.ts';

export type StoredState = Exclude<ConnectionState, 'renewing'>;

const STATES: readonly StoredState[] = ['connected', 'needs_consent', 'misconfigured', 'unavailable'];

/** The trusted content of a connection's row. */
export interface ReadConsent {
  readonly ref: ConsentRef;
  readonly state: StoredState;
}

/**
 * Seals the person and state of a row's consent with the vault's key, so that editing the database by hand cannot give it
 * to another person.
 */
export function createConsentSeals(keys: KeyRing) {
  const place = (name: string) => ({ table: 'connections', row: name, field: 'seal' });
  return {
    seal: ({ name, number, subject }: ConsentRef, state: StoredState): string =>
      keys.seal(new Secret(JSON.stringify([subject ?? null, number, state])), place(name)),

    /** @returns undefined for a row that has no seal or differs from it */
    read(row: Row): ReadConsent | undefined {
      const name = String(row['name']);
      const plain = typeof row['seal'] === 'string' ? keys.open(row['seal'], place(name)) : undefined;
      if (!plain) return undefined;
      // The gateway sealed it, so it has the form that `seal` wrote.
      const [subject, number, state] = JSON.parse(plain.reveal()) as [string | null, number, StoredState];
      if (subject !== row['subject'] || number !== row['consent']) return undefined;
      return { ref: { name, number, subject: subject ?? undefined }, state: worseOf(state, toStoredState(row)) };
    },
  };
}

export type ConsentSeals = ReturnType<typeof createConsentSeals>;

export const toStoredState = (row: Row): StoredState => STATES.find((state) => state === row['state']) ?? 'unavailable';

/**
 * An older gateway that runs beside this one stores a state without sealing it. Such a state may only be worse than the
 * sealed one: if a person must sign in again, that remains until they do.
 */
const worseOf = (sealed: StoredState, written: StoredState): StoredState =>
  sealed === 'needs_consent' ? sealed : written;
