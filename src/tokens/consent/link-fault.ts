import type { ConnectLink, StoredClient } from '../vault/index.ts';
import type { SageIdPerson } from './sage-id-code-grant.ts';

/** Why a link cannot be used now, in words for the person who has it; undefined when it can. */
export function faultOfLink(
  link: ConnectLink | undefined,
  client: Pick<StoredClient, 'enabled'> | undefined,
  now: number,
): string | undefined {
  if (!link || !client) return 'This link is not known here, or no longer. Ask for a new one where you got it.';
  if (link.isUsed) return 'This link was used already: each works once. If you did not use it, ask where you got it.';
  if (link.endsAt <= now) return 'This link has ended. Ask for a new one where you got it.';
  return client.enabled ? undefined : 'This client is disabled at the moment. Ask where you got the link.';
}

/** Why this person may not use the link; undefined when they may. */
export function faultOfPerson(
  { email: wanted }: Pick<ConnectLink, 'email'>,
  { email, emailVerified }: Pick<SageIdPerson, 'email' | 'emailVerified'>,
): string | undefined {
  if (wanted === undefined) return undefined;
  const isThem = emailVerified === true && email?.toLowerCase() === wanted.toLowerCase();
  // Says nothing of the address that the link is for: anyone who found it learns nothing.
  return isThem
    ? undefined
    : 'This link is for another person, or Sage ID does not say that your e-mail address is verified. Sign in with the account that the link was sent to.';
}
