import { toSageIdError } from '../sage-id-failure.ts';
import type { TokenRequestError } from '../token-request-error.ts';
import { connectUrlOf } from './personal-connection.ts';
import type { IdTokenError, SageIdPerson } from './sage-id-code-grant.ts';
import { SignInFailure } from './sign-in-failure.ts';

/** Why sign-ins fail, with messages for the person at the browser. */

export const anotherAccount = (connection: string) =>
  new SignInFailure(
    `The connection "${connection}" belongs to another Sage ID account, or its client was removed. Sign in with that account, or ask an administrator to disconnect it first.`,
    { code: 'FORBIDDEN', title: 'Another account', retry: connectUrlOf(connection) },
  );

export const notByThisLink = (message: string) =>
  new SignInFailure(`${message} Nothing was stored.`, { code: 'FORBIDDEN', title: 'Not with this link' });

/** Somebody else was faster, or another person's sign-in is stored. */
export const linkNotUsed = () =>
  notByThisLink(
    'Another Sage ID account is already connected, or the link has been used or changed. Ask for a new link where you got it.',
  );

/** The same message whatever is wrong, without quoting the request, which may come from anybody's link. */
export const notYours = () =>
  new SignInFailure(
    'This sign-in was not begun in this browser, was already finished, or took longer than ten minutes. Begin again.',
    { code: 'BAD_USER_INPUT', title: 'This sign-in cannot be finished', retry: '/connect/sage200' },
  );

export const otherIssuer = (retry: string | undefined) =>
  new SignInFailure(
    'The answer came from another sign-in service than the one you were sent to. Nothing was stored. If this happens again, tell the people who run the gateway: sageId.issuer may differ from what Sage ID says.',
    { code: 'BAD_USER_INPUT', title: 'Wrong sign-in service', retry },
  );

export function refusal(parameters: URLSearchParams, retry: string | undefined): SignInFailure {
  const error = parameters.get('error') ?? '';
  const told = [error, parameters.get('error_description') ?? ''].filter(Boolean).join(': ');
  const options = { detail: toPlainText(told), retry };
  if (error === 'access_denied') {
    return new SignInFailure('You did not allow Sage ID to connect. Nothing was stored.', {
      ...options,
      code: 'FORBIDDEN',
      title: 'Not connected',
    });
  }
  const isTemporary = error === 'server_error' || error === 'temporarily_unavailable';
  return new SignInFailure(
    isTemporary
      ? 'Sage ID has trouble at the moment. Try again in a few minutes.'
      : "Sage ID refused the gateway's request. The people who run the gateway should check clientId, redirectUri, audience and scopes.",
    { ...options, code: isTemporary ? 'UPSTREAM_UNAVAILABLE' : 'MISCONFIGURED', title: 'Not connected' },
  );
}

/** Foreign text, without control characters and with a limited length. */
export const toPlainText = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 300);

export const noRefreshToken = (retry: string | undefined) =>
  new SignInFailure(
    'Sage ID returned no refresh token, so the connection would end within hours; nothing was stored. The people who run the gateway should check that sage200.scopes contains offline_access, and that the application is registered for refresh tokens.',
    { code: 'MISCONFIGURED', title: 'No lasting connection', retry },
  );

/** The same for somebody else's connection and for an unknown one, since strangers see it too. */
export const notYourConnection = (connection: string) =>
  new SignInFailure(
    `There is no connection "${connection}" for the Sage ID account that you signed in with, so nothing was stored. If you connected it with another account, sign in with that one. If it was disconnected, an administrator of the gateway can sign in for it again.`,
    { code: 'FORBIDDEN', title: 'Not your connection', retry: connectUrlOf(connection) },
  );

export function notAllowed({ subject, email, emailVerified }: SageIdPerson): SignInFailure {
  const bySubject = `Ask the people who run this gateway to add your address, or "sub:${subject}", to callers.sessions.allow.`;
  const advice =
    email === undefined
      ? `Sage ID did not send your e-mail address. ${bySubject}`
      : emailVerified === true
        ? bySubject
        : emailVerified === 'missing'
          ? `Sage ID did not say whether your e-mail address is verified. The people who run this gateway can add "sub:${subject}" to callers.sessions.allow, or accept such addresses with sageId.emailVerifiedMissing: accept.`
          : `Sage ID says that your e-mail address is not verified. Verify it there and sign in again, or ask the people who run this gateway to add "sub:${subject}" to callers.sessions.allow.`;
  return new SignInFailure(
    `You are signed in at Sage ID, but you may not use this gateway. ${advice} Nothing was stored.`,
    { code: 'FORBIDDEN', title: 'Not allowed' },
  );
}

export function idTokenFailure({ reason }: IdTokenError, retry: string | undefined): SignInFailure {
  const title = 'Nobody signed in';
  switch (reason) {
    case 'missing':
      return new SignInFailure(
        'Sage ID did not say who signed in; nothing was stored. The people who run the gateway should check that sage200.scopes contains openid.',
        { code: 'MISCONFIGURED', title, retry },
      );
    case 'wrong':
      return new SignInFailure(
        "Sage ID's proof of who signed in does not match this sign-in; nothing was stored. The people who run the gateway should check sageId.issuer, sage200.clientId and the machine's clock.",
        { code: 'MISCONFIGURED', title, retry },
      );
    case 'unchecked':
      return new SignInFailure(
        "Sage ID's signing keys could not be fetched, or do not include the key that was used, so the gateway cannot check who signed in; nothing was stored. Try again in a minute. If this happens again, the people who run the gateway should check sageId.jwksUri.",
        { code: 'UPSTREAM_UNAVAILABLE', title, retry, retryAfter: 60 },
      );
  }
}

export function exchangeFailure(error: TokenRequestError, retry: string | undefined): SignInFailure {
  const title = 'Not connected';
  if (error.failure === 'invalidGrant') {
    return new SignInFailure('Sage ID no longer accepts this sign-in. Begin again.', {
      code: 'UPSTREAM_REJECTED',
      title,
      retry,
      cause: error,
    });
  }
  if (error.failure === 'needsPerson') {
    return new SignInFailure(
      `Sage ID requires another step, or does not allow this sign-in (${error.code}). Begin again.`,
      {
        code: 'UPSTREAM_REJECTED',
        title,
        retry,
        cause: error,
      },
    );
  }
  const { code, message } = toSageIdError(error, 'sage200');
  return new SignInFailure(message, { code, title, retry, cause: error });
}
