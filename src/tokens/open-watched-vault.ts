import type { Logger } from 'pino';
import { GatewayError } from '../kit/errors/index.ts';
import { type ConsentWatch, createConsentWatch } from './consent-watch.ts';
import { foundTrouble } from './vault/engine/trouble.ts';
import { openVault, type Vault, type VaultOptions } from './vault/index.ts';

export interface WatchedVaultOptions extends VaultOptions {
  /** ms after the vault's last answer from which on nothing stored is used. */
  readonly staleAfterMs: number;
  readonly log: Logger;
}

/**
 * The vault and what this process knows of its consents: changes that are made through it are known at once.
 * @throws GatewayError MISCONFIGURED when it can be opened and cannot be used
 */
export async function openWatchedVault(
  options: WatchedVaultOptions,
): Promise<{ readonly vault: Vault; readonly watch: ConsentWatch }> {
  const { staleAfterMs, log } = options;
  const stored = await openVault(options).catch(inWords);
  const watch = createConsentWatch({ directory: stored.directory, staleAfterMs, log });
  const close = async () => {
    watch.close();
    await stored.close();
  };
  try {
    await watch.refresh();
  } catch (error) {
    await close();
    return inWords(error);
  }
  return { vault: { ...stored, connections: watch.watching(stored.connections), close }, watch };
}

function inWords(error: unknown): never {
  const why = error instanceof GatewayError ? undefined : foundTrouble(error);
  if (why === undefined) throw error;
  throw new GatewayError('MISCONFIGURED', `The vault cannot be used: ${withoutStop(why)}.`, { cause: error });
}

const withoutStop = (words: string) => words.replace(/\.$/, '');
