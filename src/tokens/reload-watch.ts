import { createRepeatedLook } from './repeated-look.ts';
import type { ReloadAnswer, ReloadRequests } from './vault/index.ts';

export interface ReloadWatchOptions {
  readonly requests: Pick<ReloadRequests, 'latest' | 'note'>;
  /** What this process is called in answers. */
  readonly gateway: string;
  /** Reads the configuration again. @param request processes that are reloaded together do it once for each number */
  readonly reload: (request: number) => Promise<ReloadAnswer>;
  /** ms between two looks. @default 1_000 */
  readonly everyMs?: number;
}

/**
 * Has the configuration read again whenever somebody has asked for that in the vault, and answers there. What was asked before is not
 * this process's matter: it has just read its configuration.
 * @returns ends it
 */
export async function watchReloadRequests(options: ReloadWatchOptions): Promise<() => void> {
  const { requests, gateway, reload, everyMs = 1_000 } = options;
  let known = await requests.latest();

  const look = async (): Promise<void> => {
    const request = await requests.latest();
    // Another number, not a higher one: a vault that was put back to an earlier state counts lower.
    if (request === known) return;
    await requests.note(request, gateway);
    known = request;
    await requests.note(request, gateway, await reload(request).catch(toFailure));
  };
  // A vault that does not answer is in the log already, and is asked again.
  return createRepeatedLook(look, everyMs).close;
}

const toFailure = (): ReloadAnswer => ({
  applied: false,
  needsRestart: [],
  faults: ['The configuration could not be taken over: see the log of this gateway.'],
});
