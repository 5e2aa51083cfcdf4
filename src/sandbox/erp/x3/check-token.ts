import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SandboxRequest, SandboxResponse } from '../../sandbox-server.ts';
import { bearerOf } from '../tokens/token-api.ts';

/** A connected application of the X3, as an administrator sets it up. */
export interface ConnectedApplication {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The address of the API, which is the audience. */
  readonly url: string;
  /** Longest life of a token. */
  readonly validitySeconds: number;
  /** Login of the allowed user. */
  readonly user: string;
  readonly endpoint: string;
}

/**
 * What an X3 answers to a token or folder that it does not accept. Clients observed the error numbers; their order and the
 * answer to a wrong folder are inferred.
 */
export function checkX3Request(
  request: SandboxRequest,
  application: ConnectedApplication,
  now: number,
): SandboxResponse | undefined {
  const number = faultOf(bearerOf(request), application, Math.floor(now / 1_000));
  if (number !== undefined) return plain(401, `Error ${number}: Invalid token`);
  if (request.headers['x-xtrem-endpoint'] !== application.endpoint) return plain(404, 'Unknown endpoint');
  return undefined;
}

function faultOf(token: string, application: ConnectedApplication, seconds: number): number | undefined {
  const [head = '', payload = '', signature = ''] = token.split('.');
  const { iss, sub, aud, iat, exp } = claimsOf(payload);
  if (iss !== application.clientId) return 41;
  if (sub !== application.user) return 42;
  if (aud !== application.url) return 45;
  const wanted = createHmac('sha256', application.clientSecret).update(`${head}.${payload}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (claimsOf(head)['alg'] !== 'HS256' || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 50;
  if (typeof iat !== 'number' || typeof exp !== 'number' || iat > seconds || exp <= seconds) return 50;
  return exp - iat > application.validitySeconds ? 50 : undefined;
}

function claimsOf(part: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const plain = (status: number, body: string): SandboxResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
