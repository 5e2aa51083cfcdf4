import type { Logger } from 'pino';
import { elapsed as ofProcess } from '../kit/clock.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { createConnectionRenewal } from './connection-renewal.ts';
import { type ConsentIssuer, SAGE_ID_CONSENTS } from './consent-issuer.ts';
import type { CoolDownOptions } from './cool-down.ts';
import type { ConnectionEvent } from './events/connection-event.ts';
import type { RenewalWatch } from './renewal-watch.ts';
import { createRenewingTokenSource } from './renewing-token-source.ts';
import type { SageIdClient } from './sage-id-client.ts';
import type { TokenSource } from './token-source.ts';
import type { ConsentRef, Vault } from './vault/index.ts';

/** Renews consents and gives them back. */
export type ConsentClient = Pick<SageIdClient, 'refresh' | 'revoke'>;

export interface ConnectionTokenSourceOptions {
  readonly consent: ConsentRef;
  readonly vault: Vault;
  readonly client: ConsentClient;
  /** @default Sage ID, for Sage 200 */
  readonly issuedBy?: ConsentIssuer | undefined;
  /** Sent on refresh too, as Sage's guide shows; left out, it is not sent. A function while the port is not known yet. */
  readonly redirectUri?: string | (() => string) | undefined;
  readonly log: Logger;
  /** Told of each renewal. */
  readonly renewals?: RenewalWatch | undefined;
  readonly onEvent?: (event: ConnectionEvent) => void;
  /** Told when the vault says that the consent has ended. */
  readonly onGone?: () => void;
  /** ms before its end at which a token is renewed at the latest, where a tenth of its life is too short for that. */
  readonly earlyMs?: number | undefined;
  /** How long a renewal keeps others off without a sign of life, ms. @default 15_000 */
  readonly leaseMs?: number;
  /** Pause before a refresh token is sent again after a lost answer, ms: prompt, since issuers' overlaps are seconds. @default 200 */
  readonly lostAnswerPauseMs?: number;
  /**
   * ms that a process which lost the database gets to store its pair before its refresh token is presented by another.
   * More than its pause between two attempts. @default 3_000
   */
  readonly takeoverPauseMs?: number;
  /** ms a write of a new pair may take before the pair is kept in a file as well. @default 1_000 */
  readonly slowWriteMs?: number;
  /** ms `close` goes on trying to store a pair that could not be written. @default 10_000 */
  readonly lastWritesMs?: number;
  /** ms a caller waits for a renewal. @default 20_000 */
  readonly patienceMs?: number;
  /** How far the clocks of machines may be apart, ms. @default 30_000 */
  readonly clockToleranceMs?: number | undefined;
  readonly pauses?: Pick<CoolDownOptions, 'firstPauseMs' | 'maxPauseMs'>;
  /** The machine's time. @default Date.now */
  readonly now?: () => number;
  /** A clock in ms that only moves forward. @default that of the process, or `now` where that is given */
  readonly elapsed?: () => number;
  readonly random?: () => number;
}

/** Access tokens of one consent, renewed once at a time over all processes that share the vault. */
export function createConnectionTokenSource(
  options: ConnectionTokenSourceOptions,
): TokenSource & { close(): Promise<void> } {
  const { issuedBy: issuer = SAGE_ID_CONSENTS, patienceMs = 20_000, now = Date.now, random = Math.random } = options;
  const { elapsed = options.now ?? ofProcess } = options;
  const renewal = createConnectionRenewal({ ...options, now, elapsed, random });
  const tokens = createRenewingTokenSource({
    renew: renewal.run,
    watch: options.renewals,
    patienceMs,
    earlyMs: options.earlyMs,
    onImpatient: () =>
      new GatewayError('UPSTREAM_TIMEOUT', 'Renewing the Sage sign-in takes too long. Try again later.', {
        source: issuer.source,
      }),
    now,
    elapsed,
    random,
  });
  return {
    ...tokens,
    close() {
      renewal.stopWaiting();
      return tokens.close();
    },
  };
}
