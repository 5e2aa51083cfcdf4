import { GatewayError } from '../kit/errors/index.ts';

/** Where a person signs in. */
const CONNECT_URL = '/connect/sage200';

/** One message for all wrong credentials: saying what is wrong would only help attackers. Genuine tokens get other messages. */
export const wrongCredentials = (
  cause?: unknown,
  message = 'These credentials are not accepted. Send a valid API key or token in the Authorization header.',
) => new GatewayError('UNAUTHENTICATED', message, { connectUrl: CONNECT_URL, cause });

export const noCredentials = () =>
  new GatewayError(
    'UNAUTHENTICATED',
    'This request carries no credentials. Send an Authorization header with an API key or token, or sign in at connectUrl.',
    {
      connectUrl: CONNECT_URL,
    },
  );
