import { GatewayError } from '../kit/errors/index.ts';

/** The consent behind an operation was taken back. */
export const consentEnded = (name: string, connectUrl: string) =>
  new GatewayError('NEEDS_CONSENT', `The Sage connection "${name}" has no sign-in. Sign in to Sage at connectUrl.`, {
    source: 'sage200',
    connectUrl,
  });

/** Somebody signed in anew while an operation ran, and whatever it goes on with belongs to the one before. */
export const consentReplaced = (name: string) =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Somebody signed in anew for the Sage connection "${name}" while this operation ran. Send it again.`,
  );
