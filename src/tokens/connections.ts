import { GatewayError } from '../kit/errors/index.ts';
import { Stop, type StopSignal } from '../kit/http/index.ts';
import type { MaybePromise } from '../kit/maybe-promise.ts';
import {
  type ConnectionTokenSourceOptions,
  type ConsentClient,
  createConnectionTokenSource,
} from './connection-token-source.ts';
import { consentEnded, consentReplaced } from './consent-failure.ts';
import { SAGE_ID_CONSENTS } from './consent-issuer.ts';
import type { ConsentChange, ConsentWatch } from './consent-watch.ts';
import type { TokenSource } from './token-source.ts';
import { type ConsentRef, consentKey, isConnectionName } from './vault/index.ts';

/** A stored consent, while it is valid. An operation always uses the one that it began with. */
export interface ConnectionIdentity {
  /** Part of every sharing key. */
  readonly key: string;
  /** The connection's name. */
  readonly connection: string;
  /** Number of the consent; 0 if nobody has signed in. */
  readonly consent: number;
  readonly subject: string | undefined;
  /** Its name in an older gateway's sharing keys, if it is from that time. */
  readonly formerly: string | undefined;
  readonly tokens: TokenSource;
  /** Fires when the consent ends, with the error for its operations. */
  readonly ended: StopSignal;
  /** @throws GatewayError NEEDS_CONSENT if it has ended, UPSTREAM_UNAVAILABLE if that cannot be checked */
  assertUsable(): void;
}

export interface Connections {
  /**
   * The consent of a name, from memory; undefined for an invalid name.
   * @param atLeast number of a consent that is known to exist: if this process does not know it yet, it checks the vault
   */
  identityOf(name: string, atLeast?: number): MaybePromise<ConnectionIdentity | undefined>;
  /** Waits for running renewals. */
  close(): Promise<void>;
}

export interface ConnectionsOptions extends Omit<ConnectionTokenSourceOptions, 'consent' | 'client' | 'onGone'> {
  /** A function if each consent is renewed at its own address. */
  readonly client: ConsentClient | ((consent: ConsentRef) => ConsentClient);
  readonly watch: ConsentWatch;
  /** Whether a name is for consents of this issuer: tokens of other issuers must not be sent to it. @default names that callers may use */
  readonly isName?: (name: string) => boolean;
}

interface Served {
  readonly identity: ConnectionIdentity;
  end(change: ConsentChange): void;
  close(): Promise<void>;
}

/** All consents that this process serves, with one token source each: two sources would both renew. */
export function createConnections(options: ConnectionsOptions): Connections {
  const { watch, vault, isName = isConnectionName } = options;
  const served = new Map<string, Served>();
  const closing = new Set<Promise<void>>();

  const unwatch = watch.onChange((change) => {
    const found = change.kind === 'ended' ? served.get(change.consent.name) : undefined;
    if (!found || found.identity.consent !== change.consent.number) return;
    served.delete(change.consent.name);
    found.end(change);
    const closed = found.close().finally(() => closing.delete(closed));
    closing.add(closed);
  });

  const known = (name: string): ConnectionIdentity | undefined => {
    const consent = isName(name) ? watch.current(name) : undefined;
    if (!consent) return undefined;
    const found = served.get(name)?.identity;
    if (found?.consent === consent.number && found.subject === consent.subject) return found;
    const made = serve(consent, options, vault.adoptedConsent);
    served.set(name, made);
    return made.identity;
  };

  return {
    identityOf(name, atLeast = 1) {
      const found = known(name);
      if (found && found.consent >= atLeast) return found;
      if (!isName(name)) return undefined;
      // Another process may just have stored it. If the vault does not answer, the code that needs the consent reports it.
      return watch.refresh().then(
        () => known(name) ?? nobody(name, options),
        () => known(name) ?? nobody(name, options),
      );
    },
    async close() {
      unwatch();
      await Promise.all([...closing, ...[...served.values()].map((each) => each.close())]);
    },
  };
}

function serve(consent: ConsentRef, options: ConnectionsOptions, adoptedConsent: number): Served {
  const { watch, client, issuedBy: issuer = SAGE_ID_CONSENTS } = options;
  const { name, number, subject } = consent;
  const ended = new Stop();
  const source = createConnectionTokenSource({
    ...options,
    consent,
    client: typeof client === 'function' ? client(consent) : client,
    // The vault knows of a newer consent than this process: check now.
    onGone: () => void watch.refresh().catch(() => {}),
  });
  const assertUsable = () => {
    if (ended.aborted) throw ended.reason;
    if (watch.isStale()) throw vaultAway();
  };
  const tokens: TokenSource = {
    peek: () => (ended.aborted || watch.isStale() ? undefined : source.peek?.()),
    async get() {
      assertUsable();
      const token = await source.get();
      assertUsable();
      return token;
    },
    drop: (rejected) => source.drop(rejected),
  };
  return {
    identity: {
      key: consentKey(consent),
      connection: name,
      consent: number,
      subject,
      formerly: number <= adoptedConsent ? name : undefined,
      tokens,
      ended,
      assertUsable,
    },
    end: ({ isReplaced }) => ended.abort(isReplaced ? consentReplaced(name, issuer) : consentEnded(name, issuer)),
    close: () => source.close(),
  };
}

/** Nobody has signed in for that name, or the stored row is not valid. */
function nobody(
  name: string,
  { watch, issuedBy: issuer = SAGE_ID_CONSENTS }: Pick<ConnectionsOptions, 'watch' | 'issuedBy'>,
): ConnectionIdentity {
  const ended = new Stop();
  ended.abort(watch.isStale() ? vaultAway() : consentEnded(name, issuer));
  const assertUsable = () => {
    throw ended.reason;
  };
  return {
    key: consentKey({ name, number: 0 }),
    connection: name,
    consent: 0,
    subject: undefined,
    formerly: undefined,
    tokens: { get: async () => assertUsable(), drop: () => {} },
    ended,
    assertUsable,
  };
}

const vaultAway = () =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    "The gateway's store of Sage sign-ins does not answer, so this sign-in cannot be checked. Try again later.",
  );
