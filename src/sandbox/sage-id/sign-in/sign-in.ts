import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { SCOPES } from '../provider/provider.ts';
import { renderSignInPage } from './sign-in-page.ts';
import { findUser, type SandboxUser } from './users.ts';

/** Shows the sign-in page, and takes its answer: sign-in and consent in one step. */
export async function handleSignIn(
  provider: Provider,
  users: readonly SandboxUser[],
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  const clientId = String(params['client_id']);
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('cache-control', 'no-store');
    response.end(renderSignInPage(users, clientId));
    return;
  }
  const fields = new URLSearchParams(body.toString('utf8'));
  const name = fields.get('user');
  if (name === null) {
    const refusal = { error: 'access_denied', error_description: 'User did not authorize the request' };
    return provider.interactionFinished(request, response, refusal);
  }
  const { subject } = findUser(users, name);
  const { resource } = params;
  const grantId = await createGrant(provider, subject, clientId, typeof resource === 'string' ? resource : undefined);
  return provider.interactionFinished(request, response, { login: { accountId: subject }, consent: { grantId } });
}

/** One person's consent to one client. @returns its id. */
export async function createGrant(
  provider: Provider,
  subject: string,
  clientId: string,
  resource: string | undefined,
): Promise<string> {
  const grant = new provider.Grant({ accountId: subject, clientId });
  grant.addOIDCScope(SCOPES);
  if (resource !== undefined) grant.addResourceScope(resource, SCOPES);
  return grant.save();
}

/**
 * Plays the person with the browser: opens a sign-in address, chooses a user, and stops where the browser would be
 * sent back to the client. @returns that address, with `code` and `state`, or with `error`.
 */
export async function walkThroughSignIn(
  authorizeUrl: string,
  answer: { user: string } | { deny: 'yes' },
): Promise<string> {
  const origin = new URL(authorizeUrl).origin;
  const cookies = new Map<string, string>();
  let next = authorizeUrl;
  let form: string | undefined;
  for (let step = 0; step < 10; step++) {
    const response = await fetch(next, {
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form !== undefined && { method: 'POST', body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    await response.body?.cancel();
    if (location !== null) {
      next = new URL(location, next).href;
      form = undefined;
      if (new URL(next).origin !== origin) return next;
    } else if (response.ok && form === undefined) form = new URLSearchParams({ ...answer }).toString();
    else throw new Error(`The Sage ID sandbox refused the sign-in with HTTP ${response.status}`);
  }
  throw new Error('The sign-in did not come to an end');
}
