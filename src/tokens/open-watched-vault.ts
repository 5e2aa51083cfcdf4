import type { Logger } from 'pino';
import { GatewayError } from '../kit/errors/index.ts';
import { type ClientDirectory, createClientDirectory } from './clients/client-directory.ts';
import { type ConsentWatch, createConsentWatch } from './consent-watch.ts';
import { foundTrouble } from './vault/engine/trouble.ts';
import { openVault, type Vault, type VaultOptions } from './vault/index.ts';

export interface WatchedVaultOptions extends VaultOptions {
  /** ms after the vault's last answer from which on nothing stored is used. */
  readonly staleAfterMs: number;
  readonly log: Logger;
}

export interface WatchedVault {
  readonly vault: Vault;
  readonly watch: ConsentWatch;
  readonly directory: ClientDirectory;
}

/**
 * The vault and what this process knows of its consents and clients: changes that are made through it are known at once.
 * @throws GatewayError MISCONFIGURED when it can be opened and cannot be used
 */
export async function openWatchedVault(options: WatchedVaultOptions): Promise<WatchedVault> {
  const { staleAfterMs, log } = options;
  const stored = await openVault(options).catch(inWords);
  const watch = createConsentWatch({ directory: stored.directory, staleAfterMs, log });
  const directory = createClientDirectory({ store: stored.clients, staleAfterMs, log });
  const close = async () => {
    watch.close();
    directory.close();
    await stored.close();
  };
  try {
    await Promise.all([watch.refresh(), directory.refresh()]);
  } catch (error) {
    await close();
    return inWords(error);
  }
  const connections = watch.watching(stored.connections);
  const watched = directory.watching(stored.clients);
  const clients = {
    ...watched,
    async remove(name: string, connection?: 'goes' | 'stays') {
      const isRemoved = await watched.remove(name, connection);
      // Its connection may have gone with it.
      if (isRemoved) await watch.refresh().catch(() => {});
      return isRemoved;
    },
  };
  return { vault: { ...stored, connections, clients, close }, watch, directory };
}

function inWords(error: unknown): never {
  const why = error instanceof GatewayError ? undefined : foundTrouble(error);
  if (why === undefined) throw error;
  throw new GatewayError('MISCONFIGURED', `The vault cannot be used: ${withoutStop(why)}.`, { cause: error });
}

const withoutStop = (words: string) => words.replace(/\.$/, '');
