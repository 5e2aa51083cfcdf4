import type { Sandbox } from '../../src/sandbox/index.ts';
import type { TestGateway } from '../support/test-gateway.ts';
import type { CorpusDocument } from './corpus-documents.ts';

/** An answer as it travelled. */
export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: {
    readonly message: string;
    readonly path?: unknown;
    readonly extensions?: Record<string, unknown>;
  }[];
  readonly extensions?: unknown;
}

export type Sender = (document: CorpusDocument) => Promise<Answer>;

export interface TenantAccess {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tenantId: string;
}

/** The first tenant of a sandbox. */
export function accessOf({ credentials }: Sandbox): TenantAccess {
  const [tenant] = credentials.erp;
  if (!tenant) throw new Error('the sandbox has no tenant');
  return tenant;
}

/** Asks a tenant as its clients do without a gateway: a token, then documents to the address beside it. */
export async function directSender({ tokenUrl, clientId, clientSecret, tenantId }: TenantAccess): Promise<Sender> {
  const post = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> => {
    const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    return (await fetch(url, { ...options, body: JSON.stringify(body) })).json();
  };
  const token = (await post(tokenUrl, { clientId, clientSecret, tenantId })) as {
    accessToken: string;
    urls: { graphQL: string };
  };
  const authorization = `Bearer ${token.accessToken}`;
  return async ({ source, variables, operationName }) =>
    (await post(token.urls.graphQL, { query: source, variables, operationName }, { authorization })) as Answer;
}

/** Asks a gateway. */
export const throughSender =
  (gateway: TestGateway): Sender =>
  async ({ source, variables, operationName }) =>
    (await (await gateway.post({ query: source, variables, operationName })).json()) as Answer;

/** What the gateway adds to errors is taken off, and what no two tenants have in common. */
export function comparable({ errors, ...rest }: Answer): unknown {
  const bare = errors?.map(({ extensions, ...error }) => {
    const { code: _code, source: _source, requestId: _requestId, ...own } = extensions ?? {};
    return { ...error, ...(Object.keys(own).length > 0 && { extensions: own }) };
  });
  const text = JSON.stringify({ ...rest, ...(bare && { errors: bare }) });
  return JSON.parse(text.replaceAll(/"trackingId":"[^"]+"/g, '"trackingId":"some"'));
}

/** No limit of the gateway stands in the way of a document that is only long. */
export const withoutLimits = (file: Record<string, Record<string, unknown>>): void => {
  Object.assign(file, {
    limits: { aliases: 10_000, tokens: 100_000, depth: 100, rootFields: 1_000, rows: 10_000_000 },
  });
};
