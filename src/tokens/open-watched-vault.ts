import type { Logger } from 'pino';
import { type ConsentWatch, createConsentWatch } from './consent-watch.ts';
import { openVault, type Vault, type VaultOptions } from './vault/index.ts';

export interface WatchedVaultOptions extends VaultOptions {
  /** ms after the vault's last answer from which on nothing stored is used. */
  readonly staleAfterMs: number;
  readonly log: Logger;
}

/** The vault and what this process knows of its consents: changes that are made through it are known at once. */
export async function openWatchedVault(
  options: WatchedVaultOptions,
): Promise<{ readonly vault: Vault; readonly watch: ConsentWatch }> {
  const { staleAfterMs, log } = options;
  const stored = await openVault(options);
  const watch = createConsentWatch({ directory: stored.directory, staleAfterMs, log });
  const close = async () => {
    watch.close();
    await stored.close();
  };
  try {
    await watch.refresh();
  } catch (error) {
    await close();
    throw error;
  }
  return { vault: { ...stored, connections: watch.watching(stored.connections), close }, watch };
}
