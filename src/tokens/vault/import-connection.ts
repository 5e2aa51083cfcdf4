import { GatewayError, type Secret } from '../../kit/errors/index.ts';
import { parseConnectionName } from './connection-name.ts';
import type { TokenPair } from './stores/connection-store.ts';
import type { Vault } from './vault.ts';

export interface ImportedConnection {
  readonly name: string;
  /** From now on only the vault may use it: another use elsewhere ends the whole sign-in. */
  readonly refreshToken: Secret;
  /** Left out: the first use of the refresh token returns one. */
  readonly accessToken?: TokenPair['accessToken'];
  /** ms that the refresh token lives after consent, as set in Sage's credentials form; at most 90 days. */
  readonly refreshLifetimeMs: number;
  /** Epoch ms of the consent, if it was earlier than now. */
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
