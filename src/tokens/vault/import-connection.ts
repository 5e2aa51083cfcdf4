import { GatewayError, type Secret } from '../../kit/errors/index.ts';
import { parseConnectionName } from './connection-name.ts';
import type { TokenPair } from './stores/connection-store.ts';
import type { Vault } from './vault.ts';

export interface ImportedConnection {
  readonly name: string;
  /** From now on the vault's alone: used anywhere else too, it ends the whole sign-in. */
  readonly refreshToken: Secret;
  /** Left out: the first use of the refresh token gives one. */
  readonly accessToken?: TokenPair['accessToken'];
  /** ms the refresh token lives after consent, as asked for in Sage's credentials form; at most 90 days. */
  readonly refreshLifetimeMs: number;
  /** Epoch ms of the consent, when it is older than now. */
  readonly consentedAt?: number | undefined;
  readonly subject?: string | undefined;
  readonly scope?: string | undefined;
  readonly now?: () => number;
}

/** Puts a refresh token that was obtained elsewhere into the vault. Its first use renews it. */
export async function importConnection(vault: Vault, imported: ImportedConnection): Promise<void> {
  const { refreshToken, accessToken, refreshLifetimeMs, subject, scope, now = Date.now } = imported;
  if (refreshToken.reveal().trim() === '') throw new GatewayError('BAD_USER_INPUT', 'The refresh token is empty.');
  const consentedAt = imported.consentedAt ?? now();
  await vault.connections.save({
    name: parseConnectionName(imported.name),
    subject,
    scope,
    accessToken,
    refreshToken,
    consentedAt,
    refreshExpiresAt: consentedAt + refreshLifetimeMs,
  });
}
