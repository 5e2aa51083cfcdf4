import type { IncomingMessage, ServerResponse } from 'node:http';
import { replayRequest } from '../../replay-request.ts';
import { audienceOf, resourceOf } from '../provider/resource.ts';

/** Fields of a token or revocation request, whether they came as a form or as JSON. */
export type TokenFields = Readonly<Record<string, string | undefined>>;

/** @returns undefined when the body is neither. */
export function readTokenFields(body: Buffer, contentType: string): TokenFields | undefined {
  const text = body.toString('utf8');
  if (!contentType.includes('json')) return Object.fromEntries(new URLSearchParams(text));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, String(field)]));
  } catch {
    return undefined;
  }
}

/** Which spelling of a machine's grant is accepted: Sage's page has the singular one, all working clients use the other. */
export type GrantSpelling = 'singular' | 'plural' | 'both';

const SPELLINGS: Readonly<Record<string, GrantSpelling>> = {
  client_credential: 'singular',
  client_credentials: 'plural',
};

/** The library's name of the grant. A spelling that is not accepted keeps its own name, or gets one that does not exist. */
function toGrantType(given: string, taken: GrantSpelling): string {
  const spelling = SPELLINGS[given];
  if (spelling === undefined) return given;
  return taken === 'both' || taken === spelling ? 'client_credentials' : `${given} (not taken)`;
}

/** Translates Sage ID's parameters to the library's: the name of the grant, and audience as resource. */
function toStandard({ audience, ...fields }: TokenFields, taken: GrantSpelling): [string, string][] {
  const standard = Object.entries(fields).map(([name, value = '']): [string, string] => [
    name,
    name === 'grant_type' ? toGrantType(value, taken) : value,
  ]);
  // An audience in a renewal is that of the sign-in or a mistake; the library decides which.
  return audience === undefined ? standard : [...standard, ['resource', resourceOf(audience)]];
}

/** The request as the library reads it: always a form. */
export function toFormRequest(request: IncomingMessage, fields: TokenFields, taken: GrantSpelling): IncomingMessage {
  const form = Buffer.from(new URLSearchParams(toStandard(fields, taken)).toString());
  return replayRequest(request, form, {
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(form.length) },
  });
}

export interface TokenError {
  readonly status: number;
  readonly error: string;
  readonly error_description: string;
}

/**
 * Translates the library's refusals to those of Sage ID's product, which does not follow the RFC's statuses. Source: Auth0
 * community and SDK issues on each of these answers; Sage publishes no table of its own.
 */
export function toSageError(status: number, error: string, description: string, fields: TokenFields): TokenError {
  const { grant_type = '', audience = '' } = fields;
  switch (error) {
    case 'invalid_grant':
      return {
        status: 403,
        error,
        error_description:
          grant_type === 'refresh_token' ? 'Unknown or invalid refresh token.' : 'Invalid authorization code',
      };
    case 'invalid_client':
      return { status: 401, error: 'access_denied', error_description: 'Unauthorized' };
    case 'invalid_target': {
      const name = audience || audienceOf(fields['resource'] ?? '') || '';
      return {
        status: 403,
        error: 'access_denied',
        error_description: `Client is not authorized to access "${name}".`,
      };
    }
    case 'unauthorized_client':
      return { status: 403, error, error_description: `Grant type '${grant_type}' not allowed for the client.` };
    case 'unsupported_grant_type':
      return { status: 403, error, error_description: `Unsupported grant type: ${grant_type}` };
    default:
      // The library has no separate code for it.
      if (description.includes('grant type is not allowed')) {
        return toSageError(status, 'unauthorized_client', description, fields);
      }
      return { status, error, error_description: description };
  }
}

type Rewrite = (status: number, body: Record<string, unknown>) => Promise<{ status: number; body: unknown }>;

/** Waits for the library's JSON answer, and sends the result of `rewrite`. Other answers pass unchanged. */
export function rewriteAnswer(response: ServerResponse, rewrite: Rewrite): void {
  const end = response.end.bind(response);
  response.end = (chunk?: unknown) => {
    response.end = end;
    const body = parseObject(chunk);
    if (!body) {
      end(chunk);
      return response;
    }
    rewrite(response.statusCode, body)
      .then(({ status, body: answer }) => {
        const bytes = Buffer.from(JSON.stringify(answer));
        response.statusCode = status;
        response.setHeader('content-length', bytes.length);
        response.end(bytes);
      })
      .catch(() => response.destroy());
    return response;
  };
}

function parseObject(chunk: unknown): Record<string, unknown> | undefined {
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(chunk).toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
