import type { Logger } from 'pino';
import { createRepeatedLook } from './repeated-look.ts';
import type { ConnectionStore, ConsentDirectory, ConsentRef, CurrentConsent, DirectoryListing } from './vault/index.ts';
import { isSameConsent } from './vault/index.ts';

export interface ConsentWatchOptions {
  readonly directory: ConsentDirectory;
  readonly log: Logger;
  /** ms between two looks at the revision. @default 1_000 */
  readonly everyMs?: number;
  /** ms after the last successful look from which on nothing stored is used. @default 10_000 */
  readonly staleAfterMs?: number;
  /** A clock in ms that only moves forward. @default performance.now */
  readonly now?: () => number;
}

export interface ConsentChange {
  readonly consent: ConsentRef;
  /** `renewed`: the same person signed in again. */
  readonly kind: 'ended' | 'renewed';
  /** Whether another consent stands under the name now. */
  readonly isReplaced: boolean;
}

/** Which consents are in force, as this process knows it: asked for at every request, so it is all in memory. */
export interface ConsentWatch {
  current(name: string): ConsentRef | undefined;
  /** Whether the vault has said nothing for so long that what is known counts no more. */
  isStale(): boolean;
  /** Looks now, after whatever look is under way. @throws what the vault throws */
  refresh(): Promise<void>;
  /** The store, whose changes made here are known here before they are answered. */
  watching(store: ConnectionStore): ConnectionStore;
  /** @returns ends it */
  onChange(listener: (change: ConsentChange) => void): () => void;
  close(): void;
}

/**
 * Knows of every consent that begins or ends, no matter who did it: every process asks the vault for its revision each second, and
 * reads which consents there are when it was raised.
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
          'a connection in the vault was changed outside of this gateway, by hand or by an older version; nobody is served with it until its person has signed in again',
        );
    }
    broken = new Set(list.broken);
  };

  const look = async (): Promise<void> => {
    const startedAt = now();
    try {
      const found = await directory.revision();
      // The rows may be newer than the revision: then the next look finds it raised and reads them again.
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

  /** The vault went away between the change and our look at it: what is known of the name counts no more. */
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
