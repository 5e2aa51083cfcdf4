import type { Logger } from 'pino';
import { ConfigError, type ConfigFault, type Settings } from '../config/index.ts';
import { createOneAtATime } from '../kit/one-at-a-time.ts';
import { planReload } from './plan-reload.ts';

export interface Reloaded {
  /** Whether the gateway now runs with what was read, but for `needsRestart`. */
  readonly applied: boolean;
  /** Settings that differ and count from the next restart on. */
  readonly needsRestart: readonly string[];
  /** What is wrong with the configuration, when it is not applied. */
  readonly faults: readonly ConfigFault[];
}

export interface ReloaderOptions {
  /** What the gateway runs with. */
  readonly current: Settings;
  /** @throws ConfigError */
  readonly read: () => Settings;
  /** Runs the gateway with it. @throws ConfigError for what only shows then */
  readonly apply: (settings: Settings) => Promise<void>;
  readonly log: Logger;
}

export interface Reloader {
  /** Reads the configuration again, after whatever reload is under way. @throws what `apply` throws besides */
  reload(): Promise<Reloaded>;
  /** Whether the last reading was faulty, and the gateway runs with an older one. */
  isStale(): boolean;
  /** Files of documents that belong to the configuration in use, as paths or globs. */
  documents(): readonly string[];
}

/** Takes over what is live in a configuration that has changed; a faulty one changes nothing. */
export function createReloader({ current: first, read, apply, log }: ReloaderOptions): Reloader {
  let current = first;
  let isStale = false;
  let toldFaults = '';

  const takeOver = async (): Promise<Reloaded> => {
    const { settings, isChanged, needsRestart } = planReload(current, read());
    // Files of documents may have changed though their names have not.
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
    // Anyone who asks again and again, without a change, hears of them once.
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
