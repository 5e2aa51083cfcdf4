import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import fastify from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import mercurius from 'mercurius';
import type { TenantAccess } from './direct-and-through.ts';

interface Running {
  /** Where it takes GraphQL. */
  readonly url: string;
  close(): Promise<unknown>;
}

/** GraphQL servers of other makers, each with its own words, statuses and order of members. */
const MAKERS: Readonly<Record<string, (schema: GraphQLSchema) => Promise<Running>>> = {
  async apollo(schema) {
    const server = new ApolloServer({ schema, introspection: true, includeStacktraceInErrorResponses: false });
    const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
    return { url: url.replace('localhost', '127.0.0.1'), close: () => server.stop() };
  },
  async mercurius(schema) {
    const app = fastify();
    await app.register(mercurius, { schema });
    return { url: `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`, close: () => app.close() };
  },
  async yoga(schema) {
    const yoga = createYoga({ schema, logging: false, maskedErrors: false });
    const server = createServer(yoga);
    return { url: `${await listen(server)}/graphql`, close: async () => closeServer(server) };
  },
};

export const MAKER_NAMES = Object.keys(MAKERS);

export interface Makers extends AsyncDisposable {
  /** By name. */
  readonly access: Readonly<Record<string, TenantAccess>>;
}

/** Each of them as a tenant with that schema; one token service for all. */
export async function startMakers(schema: GraphQLSchema): Promise<Makers> {
  const running = await Promise.all(
    Object.entries(MAKERS).map(async ([name, start]) => [name, await start(schema)] as const),
  );
  const urls = new Map(running.map(([name, { url }]) => [`/${name}/v1/token`, url]));
  const tokens = createServer((request, response) => {
    const graphQL = urls.get(request.url ?? '');
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ accessToken: 'some', urls: { graphQL } }));
  });
  const origin = await listen(tokens);
  const access = running.map(([name]) => {
    const credentials = { clientId: name, clientSecret: `${name}-secret`, tenantId: `tenant-${name}` };
    return [name, { tokenUrl: `${origin}/${name}/v1/token`, ...credentials }] as const;
  });
  return {
    access: Object.fromEntries(access),
    async [Symbol.asyncDispose]() {
      closeServer(tokens);
      await Promise.all(running.map(([, server]) => server.close()));
    },
  };
}

type Server = ReturnType<typeof createServer>;

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function closeServer(server: Server): void {
  server.closeAllConnections();
  server.close();
}
