import type { HttpRequest, HttpResponse, Send, StopSignal } from '../../kit/http/index.ts';
import type { AccessToken } from '../../tokens/index.ts';
import type { Call, CallScope } from './call.ts';

/** One request to Sage 200. @throws HttpFailure, and GatewayError for a consent that is no longer valid */
export type Exchange = (scope: CallScope, call: Call, token: AccessToken, signal: StopSignal) => Promise<HttpResponse>;

interface ExchangeOptions {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly subscriptionKey?: string | undefined;
  readonly send: Send;
}

/** The only way out to Sage 200. */
export function createExchange({ baseUrl, subscriptionKey, send }: ExchangeOptions): Exchange {
  /** `/customers/{id}`: the resource is a word of the schema, but the rest may contain personal data. */
  const template = (url: string): string => {
    const [resource, ...more] = (url.slice(baseUrl.length + 1).split('?', 1)[0] ?? '').split('/');
    return `/${resource}${'/{id}'.repeat(more.length)}`;
  };

  const headersOf = ({ company }: CallScope, { body }: Call, token: AccessToken): Record<string, string> => {
    const headers: Record<string, string> = {
      authorization: `Bearer ${token.value.reveal()}`,
      accept: 'application/json',
    };
    if (company) {
      headers['x-site'] = company.site;
      headers['x-company'] = company.company;
    }
    if (subscriptionKey) headers['ocp-apim-subscription-key'] = subscriptionKey;
    if (body !== undefined) headers['content-type'] = 'application/json';
    return headers;
  };

  return (scope, call, token, signal) => {
    const { company, identity, holder = scope.calls } = scope;
    try {
      identity.assertUsable?.();
    } catch (error) {
      return Promise.reject(error);
    }
    const { method, path, body } = call;
    // Member by member: each read creates one, and spreading into an object takes several times as long.
    const request: HttpRequest = {
      method,
      url: `${baseUrl}/${path}`,
      headers: headersOf(scope, call, token),
      signal,
      holder,
      template,
      line: identity.key,
      part: company?.site ?? '',
      isRead: body === undefined && method === 'GET',
    };
    if (request.isRead) return send(request);
    return send({
      ...request,
      ...(body !== undefined && { body }),
      // A resource that exists, whether it is answered or refused.
      probe: () => ({ ...request, method: 'GET', url: `${baseUrl}/${resourceIn(path)}?$top=1`, isRead: true }),
    });
  };
}

/** `customers` from `customers/42`. */
export const resourceIn = (path: string): string => path.split(/[/?]/)[0] ?? '';
