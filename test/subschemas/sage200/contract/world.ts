import { type GraphQLSchema, graphql } from 'graphql';
import { Secret } from '../../../../src/kit/errors/index.ts';
import { loadSdl } from '../../../../src/kit/load-sdl.ts';
import { createSage200 } from '../../../../src/subschemas/sage200/index.ts';
import { createSchema } from '../world.ts';
import { type ContractServer, createContractServer } from './contract-server.ts';

const BASE_URL = 'https://api.columbus.sage.com/uk/sage200extra/accounts/v1';
const MAX_URL_BYTES = 2_000;

/** The engine before a Sage 200 that takes nothing but what its reference says, without a network between them. */
export interface ContractWorld {
  readonly server: ContractServer;
  readonly schema: GraphQLSchema;
  // Tests look into answers of any shape; what they expect is checked by them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  run(source: string, variables?: Record<string, unknown>): Promise<{ data: any; errors: readonly string[] }>;
}

export function startContractWorld({ rows }: { readonly rows: number }): ContractWorld {
  const server = createContractServer({ baseUrl: BASE_URL, maxUrlBytes: MAX_URL_BYTES, rows });
  const subgraph = createSage200({
    sdl: loadSdl(new URL('../../../../schema/sage200/', import.meta.url)),
    product: 'professional',
    baseUrl: BASE_URL,
    deadlineMs: 60_000,
    maxFilterTerms: 60,
    maxUrlBytes: MAX_URL_BYTES,
    send: server.send,
  });
  const schema = createSchema(subgraph);
  const token = { value: new Secret('token'), issuedAt: 0, expiresAt: Number.MAX_SAFE_INTEGER };
  const tokens = { get: async () => token, peek: () => token, drop: () => undefined };
  return {
    server,
    schema,
    async run(source, variableValues = {}) {
      const contextValue = subgraph.openScope({
        principal: { id: 'key:test', sage200: { key: 'test', tokens }, companies: 'all', readOnly: false },
        site: 'site',
        company: '1',
        signal: new AbortController().signal,
      });
      const { data, errors = [] } = await graphql({ schema, source, variableValues, contextValue });
      contextValue.end();
      return { data, errors: errors.map(({ message, path = [] }) => `${path.join('.')}: ${message}`) };
    },
  };
}
