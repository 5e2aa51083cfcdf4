import { Secret } from '../../../kit/errors/index.ts';
import type { Row } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { ConnectionState } from './connection-store.ts';
import type { ConsentRef } from './consent-ref.ts';

export type StoredState = Exclude<ConnectionState, 'renewing'>;

const STATES: readonly StoredState[] = ['connected', 'needs_consent', 'misconfigured', 'unavailable'];

/** What a connection's row says of itself, as far as it can be believed. */
export interface ReadConsent {
  readonly ref: ConsentRef;
  readonly state: StoredState;
}

/**
 * Keeps whose consent a row holds, and in which state, under the vault's key: anyone who edits the database by hand cannot
 * make it another person's.
 */
export function createConsentSeals(keys: KeyRing) {
  const place = (name: string) => ({ table: 'connections', row: name, field: 'seal' });
  return {
    seal: ({ name, number, subject }: ConsentRef, state: StoredState): string =>
      keys.seal(new Secret(JSON.stringify([subject ?? null, number, state])), place(name)),

    /** @returns undefined for a row that says something else than its seal, or has none */
    read(row: Row): ReadConsent | undefined {
      const name = String(row['name']);
      const plain = typeof row['seal'] === 'string' ? keys.open(row['seal'], place(name)) : undefined;
      if (!plain) return undefined;
      // Sealed by us, so it is what `seal` wrote.
      const [subject, number, state] = JSON.parse(plain.reveal()) as [string | null, number, StoredState];
      if (subject !== row['subject'] || number !== row['consent']) return undefined;
      return { ref: { name, number, subject: subject ?? undefined }, state: worseOf(state, toStoredState(row)) };
    },
  };
}

export type ConsentSeals = ReturnType<typeof createConsentSeals>;

export const toStoredState = (row: Row): StoredState => STATES.find((state) => state === row['state']) ?? 'unavailable';

/**
 * An older gateway that serves beside this one notes a state without sealing it. It can make things worse, never better:
 * that a person has to sign in again stands until they do.
 */
const worseOf = (sealed: StoredState, written: StoredState): StoredState =>
  sealed === 'needs_consent' ? sealed : written;
