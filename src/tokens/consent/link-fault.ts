import type { ConnectLink, StoredClient } from '../vault/index.ts';
import type { SageIdPerson } from './sage-id-code-grant.ts';

/** Why a link cannot be used now, as a message for its holder; undefined if it can. */
export function faultOfLink(
  link: ConnectLink | undefined,
  client: Pick<StoredClient, 'enabled'> | undefined,
  now: number,
): string | undefined {
  if (!link || !client) return 'This link is not valid, or no longer valid. Ask for a new one where you got it.';
  if (link.isUsed)
    return 'This link has already been used: each link works once. If you did not use it, ask where you got it.';
  if (link.endsAt <= now) return 'This link has expired. Ask for a new one where you got it.';
  return client.enabled ? undefined : 'This client is disabled at the moment. Ask where you got the link.';
}

/** Why this person may not use the link; undefined if they may. */
export function faultOfPerson(
  { email: wanted }: Pick<ConnectLink, 'email'>,
  { email, emailVerified }: Pick<SageIdPerson, 'email' | 'emailVerified'>,
): string | undefined {
  if (wanted === undefined) return undefined;
  const isThem = emailVerified === true && email?.toLowerCase() === wanted.toLowerCase();
  // Does not reveal the link's e-mail address to somebody who has found the link.
  return isThem
    ? undefined
    : 'This link is for another person, or Sage ID does not say that your e-mail address is verified. Sign in with the account that the link was sent to.';
}
