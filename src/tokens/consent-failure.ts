import { GatewayError } from '../kit/errors/index.ts';
import type { ConsentIssuer } from './consent-issuer.ts';

/** The consent of an operation has ended. */
export const consentEnded = (name: string, { source, titleOf, connectUrlOf }: ConsentIssuer) =>
  new GatewayError('NEEDS_CONSENT', `${titleOf(name)} has no sign-in. Sign in to Sage at connectUrl.`, {
    source,
    connectUrl: connectUrlOf(name),
  });

/** Somebody signed in again while an operation ran; its data belongs to the previous consent. */
export const consentReplaced = (name: string, { titleOf }: ConsentIssuer) =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `${titleOf(name)} has a new sign-in: somebody signed in again while this operation ran. Send the operation again.`,
  );
