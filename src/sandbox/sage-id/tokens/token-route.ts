import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SandboxClock } from '../../sandbox-server.ts';
import type { SageIdStore } from '../provider/memory-adapter.ts';
import type { SageIdProvider } from '../provider/provider.ts';
import type { RenewalLog } from './renewals.ts';
import { type GrantSpelling, readTokenFields, rewriteAnswer, toFormRequest, toSageError } from './token-endpoint.ts';

export interface TokenRouteOptions {
  readonly store: SageIdStore;
  readonly renewals: RenewalLog;
  readonly clock: SandboxClock;
  readonly grantSpelling: () => GrantSpelling;
}

/** Answers the token and the revocation endpoint in Sage ID's manner, with the library's judgement behind it. */
export function createTokenRoute({ store, renewals, clock, grantSpelling }: TokenRouteOptions) {
  const queues = new Map<string, Promise<void>>();

  // The library checks whether a token is spent and marks it in two steps. Requests run one at a time, so that the second
  // of two with one token always finds it spent.
  const inTurn = async (token: string, work: () => Promise<void>) => {
    const turn = (queues.get(token) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => {});
    queues.set(token, settled);
    await turn.finally(() => {
      if (queues.get(token) === settled) queues.delete(token);
    });
  };

  return async (sageId: SageIdProvider, request: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const fields = readTokenFields(body, request.headers['content-type'] ?? '');
    if (!fields) {
      response.statusCode = 400;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ error: 'invalid_request', error_description: 'The body is not readable' }));
      return;
    }
    rewriteAnswer(response, async (status, answer) => {
      if (typeof answer['error'] !== 'string') return { status, body: await shiftIdToken(answer, sageId, clock) };
      const description = String(answer['error_description'] ?? '');
      const { status: sageStatus, ...error } = toSageError(status, answer['error'], description, fields);
      return { status: sageStatus, body: error };
    });
    const { refresh_token: token, grant_type: grantType } = fields;
    const serve = () => sageId.provider.callback()(toFormRequest(request, fields, grantSpelling()), response);
    if (grantType !== 'refresh_token' || token === undefined) return serve();

    const { grantId, accountId } = store.refreshToken(token) ?? {};
    const end = renewals.begin(token, { ...(grantId && { grantId }), ...(accountId && { subject: accountId }) });
    response.once('prefinish', () => end(response.statusCode));
    response.once('close', () => end(response.headersSent ? response.statusCode : 0));
    return inTurn(token, serve);
  };
}

/** The library signs by the machine's clock; a server whose clock is off stamps its id tokens wrongly too. */
async function shiftIdToken(answer: Record<string, unknown>, { key }: SageIdProvider, clock: SandboxClock) {
  const shift = Math.round((clock.now() - Date.now()) / 1_000);
  const { id_token: idToken } = answer;
  if (shift === 0 || typeof idToken !== 'string') return answer;
  const { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } = await import('jose');
  const { alg = 'RS256', ...header } = decodeProtectedHeader(idToken);
  const claims = decodeJwt(idToken);
  const shifted = Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      ['iat', 'exp', 'auth_time'].includes(name) && typeof value === 'number' ? value + shift : value,
    ]),
  );
  const signed = new SignJWT(shifted).setProtectedHeader({ ...header, alg });
  return { ...answer, id_token: await signed.sign(await importJWK(key, alg)) };
}
