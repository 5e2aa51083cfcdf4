import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, execute, type GraphQLSchema, parse, validate } from 'graphql';
import { pino } from 'pino';
import { Secret } from '../../../src/kit/errors/index.ts';
import { createHttp } from '../../../src/kit/http/index.ts';
import { createErp, type Erp } from '../../../src/subschemas/erp/index.ts';
import type { ErpAccessToken, TokenSource } from '../../../src/tokens/index.ts';

export interface StubTenant {
  readonly sdl: string;
  /** Fields of the root, for queries and mutations alike. */
  readonly root?: Record<string, unknown>;
}

export interface StubCall {
  readonly tenant: string;
  readonly authorization: string;
  readonly text: string;
  readonly body: {
    readonly query: string;
    readonly variables?: Record<string, unknown>;
    readonly operationName?: string;
  };
}

export type Misbehaviour =
  | 'cut'
  | 'never'
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };

/** ERP tenants of a few lines on one port, with token sources that need no token service. */
export async function startErpStub(given: Record<string, StubTenant>) {
  const http = createHttp();
  const calls: StubCall[] = [];
  const tenants = new Map(Object.entries(given).map(([name, tenant]) => [name, createTenant(tenant)]));

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const [, name = ''] = /^\/graphql\/([^/]+)/.exec(incoming.url ?? '') ?? [];
    const tenant = tenants.get(name);
    if (!tenant || incoming.url !== tenant.path(name)) return answer(response, 404, '{"message":"nothing here"}');
    const body = JSON.parse(text) as StubCall['body'];
    calls.push({ tenant: name, authorization: incoming.headers.authorization ?? '', text, body });
    const wrong = tenant.misbehaviour(body.query);
    if (wrong === 'cut') return incoming.socket.destroy();
    if (wrong === 'never') return undefined;
    if (wrong) return answer(response, wrong.status, wrong.body ?? '{"message":"out of order"}', wrong.headers);
    if (incoming.headers.authorization !== `Bearer ${name}-token-${tenant.tokenNumber}`) {
      return answer(response, 401, JSON.stringify({ $diagnoses: [{ $message: 'The access token is not valid.' }] }));
    }
    return answer(response, 200, JSON.stringify(await run(tenant.schema, body, tenant.root, name)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const tenantOf = (name: string) => {
    const tenant = tenants.get(name);
    if (!tenant) throw new Error(`no tenant ${name}`);
    return tenant;
  };
  const tokensFor = (name: string): TokenSource<ErpAccessToken> & { drops: number } => {
    let current: ErpAccessToken | undefined;
    const source = {
      drops: 0,
      async get() {
        const tenant = tenantOf(name);
        if (tenant.tokenFailure) throw tenant.tokenFailure;
        current ??= {
          value: new Secret(`${name}-token-${tenant.tokenNumber}`),
          graphqlUrl: url + tenant.path(name),
          issuedAt: Date.now(),
          expiresAt: Date.now() + 900_000,
        };
        return current;
      },
      drop(rejected: ErpAccessToken) {
        source.drops += 1;
        if (current === rejected) current = undefined;
      },
    };
    return source;
  };
  const lines: string[] = [];
  const erps: Erp[] = [];

  return {
    url,
    lines,
    /** Without introspection. */
    calls: (tenant?: string) =>
      calls.filter((call) => !call.body.query.includes('__schema') && (!tenant || call.tenant === tenant)),
    introspections: () => calls.filter((call) => call.body.query.includes('__schema')),
    tenant: tenantOf,
    /** @param options.patienceMs how long callers wait for a first schema */
    erp(options: { deadlineMs?: number; snapshots?: string; schemaRefreshMs?: number; patienceMs?: number } = {}): Erp {
      const erp = createErp({
        config: {
          deadlineMs: options.deadlineMs ?? 5_000,
          schemaRefreshMs: options.schemaRefreshMs ?? 900_000,
          snapshots: options.snapshots,
          tenants: Object.keys(given).map((name) => ({
            name,
            tokenUrl: `${url}/v1/token`,
            tenantId: `id-of-${name}`,
            clientSecret: new Secret('the-client-secret'),
            allowedHosts: ['erp.sage.com'],
          })),
        },
        tokensFor,
        sendTo: () => http.send,
        log: pino({ level: 'trace' }, { write: (line) => void lines.push(line) }),
        patience: { patienceMs: options.patienceMs ?? 30_000, firstPauseMs: 200, maxPauseMs: 200 },
      });
      erps.push(erp);
      return erp;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(erps.map((erp) => erp.close()));
      server.closeAllConnections();
      server.close();
      await http.close();
    },
  };
}

function createTenant({ sdl, root = {} }: StubTenant) {
  let misbehaviours: { readonly match: string; readonly what: Misbehaviour; times: number }[] = [];
  return {
    schema: buildSchema(sdl),
    root,
    /** Part of what is a valid token. */
    tokenNumber: 1,
    tokenFailure: undefined as Error | undefined,
    moves: 0,
    path(name: string) {
      return `/graphql/${name}/${this.moves}`;
    },
    upgrade(next: string) {
      this.schema = buildSchema(next);
    },
    /** For requests whose text holds `match`; `times` left out: for good. */
    misbehave(what: Misbehaviour, { match = '', times = Number.POSITIVE_INFINITY } = {}) {
      misbehaviours.push({ match, what, times });
    },
    behave() {
      misbehaviours = [];
    },
    misbehaviour(query: string): Misbehaviour | undefined {
      const found = misbehaviours.find(({ match, times }) => times > 0 && query.includes(match));
      if (found) found.times -= 1;
      return found?.what;
    },
  };
}

async function run(
  schema: GraphQLSchema,
  { query, variables, operationName }: StubCall['body'],
  rootValue: unknown,
  tenant: string,
) {
  const diagnoses: unknown[] = [];
  const extensions = { diagnoses };
  const document = parse(query);
  const errors = validate(schema, document);
  if (errors.length > 0) return { errors, extensions };
  const contextValue = { tenant, diagnoses };
  const result = await execute({ schema, document, variableValues: variables, operationName, rootValue, contextValue });
  return { ...result, extensions };
}

function answer(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}
