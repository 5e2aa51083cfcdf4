import { makeExecutableSchema } from '@graphql-tools/schema';
import { type GraphQLSchema, graphql, parse } from 'graphql';
import { Secret } from '../../../src/kit/errors/index.ts';
import { createHttp } from '../../../src/kit/http/index.ts';
import { loadSdl } from '../../../src/kit/load-sdl.ts';
import { type LoggedRequest, type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { createSage200, type Sage200Options, type Sage200Source } from '../../../src/subschemas/sage200/index.ts';

const ROOT = parse(`
  interface Node { id: ID! }
  type Query { sage200(site: ID, company: ID): Sage200 node(id: ID!): Node }
  type Mutation { sage200(site: ID, company: ID): Sage200Mutation }
`);

export interface Answer {
  // Tests look into answers of any shape; what they expect is checked by them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly data: any;
  readonly errors: readonly { message: string; code: unknown; path: string; extensions: Record<string, unknown> }[];
  /** What Sage 200 was asked on the way, in order. */
  readonly requests: readonly LoggedRequest[];
}

/** The engine in front of a running sandbox, without the rest of the gateway. */
export interface World extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly sage200: Sage200Source;
  readonly schema: GraphQLSchema;
  run(
    source: string,
    options?: { variables?: Record<string, unknown>; readOnly?: boolean; caller?: string },
  ): Promise<Answer>;
}

export async function startWorld(settings: Partial<Sage200Options> = {}): Promise<World> {
  const sandbox = await startSandbox({ companies: 1 });
  const http = createHttp();
  const [company] = sandbox.companies;
  const sage200 = createSage200({
    sdl: loadSdl(new URL('../../../schema/sage200/', import.meta.url)),
    product: 'professional',
    baseUrl: sandbox.credentials.sage200.baseUrl,
    deadlineMs: 20_000,
    maxFilterTerms: 60,
    maxUrlBytes: 2_000,
    send: http.send,
    ...(company && { defaultCompany: { site: company.siteId, company: String(company.companyId) } }),
    ...settings,
  });
  const schema = createSchema(sage200);
  const tokens = await signIn(sandbox);
  return {
    sandbox,
    sage200,
    schema,
    async run(source, { variables = {}, readOnly = false, caller = 'key:test' } = {}) {
      sandbox.sage200.clearRequests();
      const operation = sage200.openScope({
        principal: { id: caller, sage200: { key: 'test', tokens }, companies: 'all', readOnly },
        site: undefined,
        company: undefined,
        signal: new AbortController().signal,
      });
      const { data, errors = [] } = await graphql({
        schema,
        source,
        variableValues: variables,
        contextValue: operation,
      });
      return {
        data,
        errors: errors.map((error) => ({
          message: error.message,
          code: (error.originalError as { code?: unknown } | undefined)?.code,
          path: (error.path ?? []).join('.'),
          extensions: (error.originalError as { details?: Record<string, unknown> } | undefined)?.details ?? {},
        })),
        requests: sandbox.sage200.requests(),
      };
    },
    async [Symbol.asyncDispose]() {
      await http.close();
      await sandbox.close();
    },
  };
}

export function createSchema(sage200: Sage200Source): GraphQLSchema {
  const root = (_: unknown, choice: object, operation: never) => sage200.root(operation, choice);
  return makeExecutableSchema({
    typeDefs: [ROOT, sage200.typeDefs],
    resolvers: {
      ...sage200.resolvers,
      Query: {
        sage200: root,
        node: (_: unknown, { id }: { id: string }, operation: never, info: never) => sage200.node(operation, id, info),
      },
      Mutation: { sage200: root },
    } as never,
  });
}

async function signIn(sandbox: Sandbox) {
  const { sageId, sage200 } = sandbox.credentials;
  const answer = await fetch(sageId.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: await sandbox.refreshToken(),
      client_id: sage200.clientId,
      client_secret: sage200.clientSecret,
    }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  const token = { value: new Secret(access_token), issuedAt: 0, expiresAt: Number.MAX_SAFE_INTEGER };
  return { get: async () => token, drop: () => undefined };
}
