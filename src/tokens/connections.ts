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

/** A stored consent, for as long as it is in force. An operation keeps to the one that it began with. */
export interface ConnectionIdentity {
  /** Part of every sharing key. */
  readonly key: string;
  /** The connection's name. */
  readonly connection: string;
  /** Number of the consent; 0 where nobody has signed in. */
  readonly consent: number;
  readonly subject: string | undefined;
  /** What an older gateway called it in its sharing keys, where it is from that time. */
  readonly formerly: string | undefined;
  readonly tokens: TokenSource;
  /** Fires when the consent ends, with the error that its operations end with. */
  readonly ended: StopSignal;
  /** @throws GatewayError NEEDS_CONSENT or UPSTREAM_UNAVAILABLE when it has ended, or nobody can tell */
  assertUsable(): void;
}

export interface Connections {
  /**
   * The consent that a name stands for, from memory; undefined for what is not a name.
   * @param atLeast number of a consent that is known to be there: should this process not know it yet, it looks
   */
  identityOf(name: string, atLeast?: number): MaybePromise<ConnectionIdentity | undefined>;
  /** Waits for running renewals. */
  close(): Promise<void>;
}

export interface ConnectionsOptions extends Omit<ConnectionTokenSourceOptions, 'consent' | 'client' | 'onGone'> {
  /** A function where each consent has a place of its own to be renewed at. */
  readonly client: ConsentClient | ((consent: ConsentRef) => ConsentClient);
  readonly watch: ConsentWatch;
  /** Whether a name is for consents of this issuer: no token of another one may go to it. @default what callers may name */
  readonly isName?: (name: string) => boolean;
}

interface Served {
  readonly identity: ConnectionIdentity;
  end(change: ConsentChange): void;
  close(): Promise<void>;
}

/** All consents that this process serves: one source each, since a second would renew beside the first. */
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
      // Another process may just have stored it. A vault that is away is told by whatever needs the consent.
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
    // Told by the vault before this process has looked: it looks now.
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

/** Nobody has signed in for that name, or what is stored cannot be believed. */
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
    "The gateway's store of Sage sign-ins does not answer, so nobody can tell whether this one still holds. Try again later.",
  );
