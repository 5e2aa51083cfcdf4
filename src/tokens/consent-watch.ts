import type { Logger } from 'pino';
import { createRepeatedLook } from './repeated-look.ts';
import type { ConnectionStore, ConsentDirectory, ConsentRef, CurrentConsent, DirectoryListing } from './vault/index.ts';
import { isSameConsent } from './vault/index.ts';

export interface ConsentWatchOptions {
  readonly directory: ConsentDirectory;
  readonly log: Logger;
  /** ms between two checks of the revision. @default 1_000 */
  readonly everyMs?: number;
  /** ms after the last successful check after which stored consents are not used. @default 10_000 */
  readonly staleAfterMs?: number;
  /** A clock in ms that only moves forward. @default performance.now */
  readonly now?: () => number;
}

export interface ConsentChange {
  readonly consent: ConsentRef;
  /** `renewed`: the same person signed in again. */
  readonly kind: 'ended' | 'renewed';
  /** Whether the name now has another consent. */
  readonly isReplaced: boolean;
}

/** Which consents are valid, as this process knows it. Needed for every request, so it is all in memory. */
export interface ConsentWatch {
  current(name: string): ConsentRef | undefined;
  /** Whether the vault has not answered for so long that the known consents are out of date. */
  isStale(): boolean;
  /** Checks now, after any check in progress. @throws what the vault throws */
  refresh(): Promise<void>;
  /** The store. Changes made with it here are known here before they return. */
  watching(store: ConnectionStore): ConnectionStore;
  /** @returns unsubscribes */
  onChange(listener: (change: ConsentChange) => void): () => void;
  close(): void;
}

/**
 * Notices every consent that begins or ends, no matter who caused it: every process checks the vault's revision each second, and
 * reads the consents when it has gone up.
 */
export function createConsentWatch(options: ConsentWatchOptions): ConsentWatch {
  const { directory, log, everyMs = 1_000, staleAfterMs = 10_000, now = () => performance.now() } = options;
  const listeners = new Set<(change: ConsentChange) => void>();
  let consents: ReadonlyMap<string, CurrentConsent> = new Map();
  let broken: ReadonlySet<string> = new Set();
  let revision: number | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let isFailing = false;
  let closed = false;

  const tell = (change: ConsentChange) => {
    for (const listener of listeners) listener(change);
  };

  const apply = (list: DirectoryListing): void => {
    const before = consents;
    consents = new Map(list.consents.map((each) => [each.name, each]));
    for (const consent of before.values()) {
      const found = consents.get(consent.name);
      if (!found || !isSameConsent(found, consent)) tell({ consent, kind: 'ended', isReplaced: found !== undefined });
      else if (found.consentedAt !== consent.consentedAt) tell({ consent, kind: 'renewed', isReplaced: false });
    }
    for (const name of list.broken) {
      if (!broken.has(name))
        log.error(
          { connection: name },
          'a connection in the vault was changed outside of this gateway, by hand or by an older version; it is not used until its person signs in again',
        );
    }
    broken = new Set(list.broken);
  };

  const look = async (): Promise<void> => {
    const startedAt = now();
    try {
      const found = await directory.revision();
      // The rows may be newer than the revision: then the next check finds a higher revision and reads them again.
      if (found !== revision) apply(await directory.list());
      revision = found;
      readAt = startedAt;
      if (isFailing) log.info('the vault answers again');
      isFailing = false;
    } catch (err) {
      if (!isFailing && !closed) log.error({ err }, 'the vault does not answer');
      isFailing = true;
      throw err;
    }
  };

  const { refresh, close } = createRepeatedLook(look, everyMs);

  /** The vault stopped answering between the change and the check, so the known consent of the name is out of date. */
  const forget = (name: string) => {
    const consent = consents.get(name);
    if (!consent) return;
    consents = new Map([...consents].filter(([each]) => each !== name));
    revision = undefined;
    tell({ consent, kind: 'ended', isReplaced: false });
  };
  const changed = (name: string) => refresh().catch(() => forget(name));

  return {
    current: (name) => consents.get(name),
    isStale: () => now() - readAt > staleAfterMs,
    refresh,
    watching: (store) => ({
      ...store,
      async save(consent, conditions) {
        const saved = await store.save(consent, conditions);
        if (saved) await changed(consent.name);
        return saved;
      },
      async remove(name) {
        const isRemoved = await store.remove(name);
        if (isRemoved) await changed(name);
        return isRemoved;
      },
    }),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      closed = true;
      close();
    },
  };
}
