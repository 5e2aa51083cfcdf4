import type { Logger } from 'pino';
import type { MaybePromise } from '../kit/maybe-promise.ts';
import type { ConnectionEvent } from './events/connection-event.ts';
import type { TokenSource } from './token-source.ts';
import type { ConnectionSummary, Vault } from './vault/index.ts';

export interface ConnectionKeeperOptions {
  readonly vault: Vault;
  readonly tokensOf: (name: string) => MaybePromise<TokenSource | undefined>;
  readonly onEvent?: (event: ConnectionEvent) => void;
  readonly log: Logger;
  /** ms between two rounds. @default 15 minutes */
  readonly everyMs?: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

export interface ConnectionKeeper {
  /** One round now: for tests and for the first moment. Never rejects. */
  run(): Promise<void>;
  close(): Promise<void>;
}

const DAY_MS = 24 * 3600_000;
/** How long before the end of a refresh token people are warned: longer than most holidays. */
const WARNED_BEFORE_MS = 10 * DAY_MS;

/**
 * Takes care of unused connections: renews them daily, so that a broken one is noticed and none expires, and warns
 * before refresh tokens end. Every instance runs one; leases and marks prevent them from doing anything twice.
 */
export function createConnectionKeeper(options: ConnectionKeeperOptions): ConnectionKeeper {
  const { vault, tokensOf, onEvent, log, everyMs = 15 * 60_000, now = Date.now, random = Math.random } = options;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  let closed = false;

  const isIdle = ({ state, issuedAt = 0 }: ConnectionSummary) =>
    // Spread over the last tenth of the day, so that connections created together are not renewed together.
    (state === 'connected' || state === 'unavailable') && now() - issuedAt >= DAY_MS * (1 - random() / 10);

  const renew = async ({ name, issuedAt = 0 }: ConnectionSummary): Promise<void> => {
    const tokens = await tokensOf(name);
    const token = await tokens?.get();
    // Not renewed yet: its token lasts longer than a day.
    if (!tokens || !token || token.issuedAt > issuedAt) return;
    tokens.drop(token);
    await tokens.get();
  };

  const warn = async ({ name, state, refreshExpiresAt }: ConnectionSummary): Promise<void> => {
    const leftMs = refreshExpiresAt - now();
    if (state === 'needs_consent' || leftMs <= 0 || leftMs > WARNED_BEFORE_MS) return;
    if (!(await vault.connections.markWarned(name, refreshExpiresAt))) return;
    log.warn(
      { connection: name, refreshExpiresAt: new Date(refreshExpiresAt).toISOString() },
      'the sign-in of this connection ends soon; its person should sign in again before that',
    );
    onEvent?.({ type: 'expiring', connection: name, at: now(), refreshExpiresAt });
  };

  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      if (!closed) await work();
    } catch (err) {
      log.warn({ err }, what);
    }
  };

  const runRound = async (): Promise<void> => {
    await attempt('saved token pairs could not be stored yet', () => vault.pending.replay());
    await attempt('expired data could not be removed', () => vault.sweep());
    let list: readonly ConnectionSummary[] = [];
    await attempt('connections could not be checked', async () => {
      list = await vault.connections.list();
    });
    for (const connection of list) {
      await attempt('the warning about the end of a sign-in failed', () => warn(connection));
      // The renewal itself logs what failed.
      if (isIdle(connection)) await attempt('an idle connection could not be renewed', () => renew(connection));
    }
  };

  const run = () => {
    round ??= runRound().finally(() => {
      round = undefined;
    });
    return round;
  };

  const schedule = () => {
    timer = setTimeout(() => void run().then(() => closed || schedule()), everyMs * (0.8 + random() * 0.4));
    timer.unref();
  };
  schedule();

  return {
    run,
    async close() {
      closed = true;
      clearTimeout(timer);
      await round;
    },
  };
}
