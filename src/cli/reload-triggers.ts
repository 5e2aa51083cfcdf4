import { watchConfig } from '../reload/index.ts';
import type { CommandContext } from './command.ts';

/** Whether it runs at a terminal: then SIGHUP means that the terminal was closed, not that the configuration has changed. */
export const isAtTerminal = ({ stdin, stdout }: Pick<CommandContext, 'stdin' | 'stdout'>): boolean =>
  stdin.isTTY === true || stdout.isTTY === true;

export interface ReloadSignal {
  /** Calls the listener for each SIGHUP from now on, and at once for one that came earlier. */
  onHangUp(reload: () => void): void;
}

/** Listens from now on: SIGHUP during the start must not end the process. */
export function listenForReload(): ReloadSignal {
  let isAsked = false;
  let told = () => {
    isAsked = true;
  };
  process.on('SIGHUP', () => told());
  return {
    onHangUp(reload) {
      told = reload;
      if (isAsked) reload();
    },
  };
}

export interface ReloadTriggers {
  /** Undefined if SIGHUP stops the gateway. */
  readonly signal: ReloadSignal | undefined;
  /** Undefined if there is no file. */
  readonly file:
    | { readonly path: string; readonly text: () => string; readonly others: () => readonly string[] }
    | undefined;
  readonly reload: () => Promise<unknown>;
}

/** Reloads when the file changes and on a signal. @returns stops watching the file */
export function reloadWhenTold({ signal, file, reload }: ReloadTriggers): () => void {
  // The result is in the log.
  const onChange = () => void reload().catch(() => {});
  signal?.onHangUp(onChange);
  return file ? watchConfig({ ...file, onChange }) : () => {};
}
