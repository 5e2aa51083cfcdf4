import { createRepeatedLook } from './repeated-look.ts';
import type { ReloadAnswer, ReloadRequests } from './vault/index.ts';

export interface ReloadWatchOptions {
  readonly requests: Pick<ReloadRequests, 'latest' | 'note'>;
  /** Name of this process in answers. */
  readonly gateway: string;
  /** Reloads the configuration. @param request processes that are reloaded together do so once for each number */
  readonly reload: (request: number) => Promise<ReloadAnswer>;
  /** ms between two checks. @default 1_000 */
  readonly everyMs?: number;
}

/**
 * Reloads the configuration whenever a reload is requested in the vault, and stores the result there. Earlier requests are ignored,
 * because this process has just read its configuration.
 * @returns stops watching
 */
export async function watchReloadRequests(options: ReloadWatchOptions): Promise<() => void> {
  const { requests, gateway, reload, everyMs = 1_000 } = options;
  let known = await requests.latest();

  const look = async (): Promise<void> => {
    const request = await requests.latest();
    // It may be lower than before, if the vault was restored from a backup.
    if (request === known) return;
    await requests.note(request, gateway);
    known = request;
    await requests.note(request, gateway, await reload(request).catch(toFailure));
  };
  // Failures of the vault are logged elsewhere; the next check tries again.
  return createRepeatedLook(look, everyMs).close;
}

const toFailure = (): ReloadAnswer => ({
  applied: false,
  needsRestart: [],
  faults: ['The configuration could not be applied: see the log of this gateway.'],
});
