import type { Logger } from 'pino';
import { ConfigError, type ConfigFault, type Settings } from '../config/index.ts';
import { createOneAtATime } from '../kit/one-at-a-time.ts';
import { planReload } from './plan-reload.ts';

export interface Reloaded {
  /** Whether the gateway now uses the configuration, except for `needsRestart`. */
  readonly applied: boolean;
  /** Changed settings that take effect at the next restart. */
  readonly needsRestart: readonly string[];
  /** What is wrong with the configuration, if it is not applied. */
  readonly faults: readonly ConfigFault[];
}

export interface ReloaderOptions {
  readonly current: Settings;
  /** @throws ConfigError */
  readonly read: () => Settings;
  /** Makes the gateway use them. @throws ConfigError for faults that only show then */
  readonly apply: (settings: Settings) => Promise<void>;
  readonly log: Logger;
}

export interface Reloader {
  /** Reloads the configuration, after any reload in progress. @throws other errors of `apply` */
  reload(): Promise<Reloaded>;
  /** Whether the last configuration was faulty, and the gateway uses an older one. */
  isStale(): boolean;
  /** Files of documents that belong to the configuration in use, as paths or globs. */
  documents(): readonly string[];
}

const EMPTY = 'there are no settings; write them, or restart the gateway to use the defaults';

/** Applies the live settings of a changed configuration; a faulty one changes nothing. */
export function createReloader({ current: first, read, apply, log }: ReloaderOptions): Reloader {
  let current = first;
  let isStale = false;
  let toldFaults = '';

  const takeOver = async (): Promise<Reloaded> => {
    const next = read();
    // A file that is being written is empty for a moment. Without callers, everybody would be refused.
    if (next.isEmpty && !current.isEmpty) throw new ConfigError([{ where: next.path, message: EMPTY }]);
    const { settings, isChanged, needsRestart } = planReload(current, next);
    // Files of documents may have changed even if their names have not.
    const isApplied = isChanged || settings.config.documents.files.length > 0;
    if (isApplied) await apply(settings);
    current = settings;
    isStale = false;
    toldFaults = '';
    if (needsRestart.length > 0) log.warn({ needsRestart }, 'these settings have changed and need a restart');
    log.info(isApplied ? 'the configuration was reloaded and is in use' : 'the configuration was reloaded');
    return { applied: true, needsRestart, faults: [] };
  };

  const refuse = (error: unknown): Reloaded => {
    isStale = true;
    if (!(error instanceof ConfigError)) {
      log.error({ err: error }, 'the configuration could not be applied; the previous one stays in use');
      throw error;
    }
    const { faults, message } = error;
    // Repeated reloads without a change report them once.
    if (message !== toldFaults)
      for (const { where, line, column, message: fault } of faults)
        log.error(
          { file: where, line, column, fault },
          'the configuration has mistakes; the previous one stays in use',
        );
    toldFaults = message;
    return { applied: false, needsRestart: [], faults };
  };

  const { run } = createOneAtATime(() => takeOver().catch(refuse));

  return {
    reload: run,
    isStale: () => isStale,
    documents: () => current.config.documents.files,
  };
}
