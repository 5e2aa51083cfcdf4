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

/** Renews and revokes consents. */
export type ConsentClient = Pick<SageIdClient, 'refresh' | 'revoke'>;

export interface ConnectionTokenSourceOptions {
  readonly consent: ConsentRef;
  readonly vault: Vault;
  readonly client: ConsentClient;
  /** @default Sage ID, for Sage 200 */
  readonly issuedBy?: ConsentIssuer | undefined;
  /** Also sent on refresh, as Sage's guide shows. A function, since the port may not be known yet. @default not sent */
  readonly redirectUri?: string | (() => string) | undefined;
  readonly log: Logger;
  readonly renewals?: RenewalWatch | undefined;
  readonly onEvent?: (event: ConnectionEvent) => void;
  /** Called when the vault says that the consent has ended. */
  readonly onGone?: () => void;
  /** Minimum time before its end at which a token is renewed, ms, if a tenth of its lifetime is shorter. */
  readonly earlyMs?: number | undefined;
  /** How long a lease lasts without being extended, ms. @default 15_000 */
  readonly leaseMs?: number;
  /** Pause before a refresh token is sent again after a lost answer, ms: prompt, since issuers' overlaps are seconds. @default 200 */
  readonly lostAnswerPauseMs?: number;
  /**
   * Extra time, ms, for a process that lost the database to store its pair before another uses the refresh token.
   * Longer than the pause between two attempts. @default 3_000
   */
  readonly takeoverPauseMs?: number;
  /** How long storing a new pair may take, ms, before the pair is also saved in a file. @default 1_000 */
  readonly slowWriteMs?: number;
  /** How long `close` retries to store a pair, ms. @default 10_000 */
  readonly lastWritesMs?: number;
  /** How long a caller waits for a renewal, ms. @default 20_000 */
  readonly patienceMs?: number;
  /** How much the clocks of machines may differ, ms. @default 30_000 */
  readonly clockToleranceMs?: number | undefined;
  readonly pauses?: Pick<CoolDownOptions, 'firstPauseMs' | 'maxPauseMs'>;
  /** The machine's time. @default Date.now */
  readonly now?: () => number;
  /** A monotonic clock in ms. @default that of the process, or `now` if given */
  readonly elapsed?: () => number;
  readonly random?: () => number;
}

/** Access tokens of one consent, renewed one at a time across all processes that share the vault. */
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
      new GatewayError('UPSTREAM_TIMEOUT', 'Renewing the Sage sign-in is taking too long. Try again later.', {
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
