import { GatewayError } from '../kit/errors/index.ts';
import type { ConsentIssuer } from './consent-issuer.ts';

/** The consent behind an operation was taken back. */
export const consentEnded = (name: string, { source, titleOf, connectUrlOf }: ConsentIssuer) =>
  new GatewayError('NEEDS_CONSENT', `${titleOf(name)} has no sign-in. Sign in to Sage at connectUrl.`, {
    source,
    connectUrl: connectUrlOf(name),
  });

/** Somebody signed in again while an operation ran, and whatever it goes on with belongs to the one before. */
export const consentReplaced = (name: string, { titleOf }: ConsentIssuer) =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Somebody signed in again while this operation ran: ${titleOf(name)} has another sign-in now. Send the operation again.`,
  );
