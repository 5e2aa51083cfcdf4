import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, graphql } from 'graphql';
import { expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway, warmUp } from '../support/test-gateway.ts';

const OLD = 'type Query { xtremSales: String }';
const NEW = 'type Query { xtremSales: String xtremNew: String }';

/** A tenant whose schema changes, and that shows it when it is let. */
async function startTenant() {
  let sdl = OLD;
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = (body: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (request.url === '/v1/token') return answer({ accessToken: 'some', urls: { graphQL: `${origin}/graphql` } });
    const { query } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string };
    if (query.includes('__schema')) await gate.promise;
    const rootValue = { xtremSales: 'sold', xtremNew: 'new' };
    return answer(await graphql({ schema: buildSchema(sdl), source: query, rootValue }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/token`,
    upgrade: () => {
      sdl = NEW;
    },
    hide: () => {
      gate = Promise.withResolvers();
    },
    show: () => gate.resolve(),
    async [Symbol.asyncDispose]() {
      gate.resolve();
      server.closeAllConnections();
      server.close();
    },
  };
}

const startGateway = (sandbox: Sandbox, tokenUrl: string, snapshots: string) =>
  startTestGateway({
    sandbox,
    logLevel: 'silent',
    edit: (file) => {
      const acme = { name: 'acme', tokenUrl, clientId: 'some', clientSecret: 'some-secret', tenantId: 'some' };
      file['erp'] = { ...file['erp'], snapshots, schemaRefresh: '1s', tenants: [acme] };
      file['callers'] = { anonymous: { connection: 'sandbox', tenants: ['acme'] } };
    },
  });

test("a field that an old copy of the schema lacks is validated once the tenant's schema is loaded again", async () => {
  await using tenant = await startTenant();
  await using opened = new AsyncDisposableStack();
  const snapshots = await mkdtemp(join(tmpdir(), 'gateway-schemas-'));
  opened.defer(() => rm(snapshots, { recursive: true, force: true }));
  const sandbox = opened.use(await startSandbox({ customers: 2 }));
  const before = await startGateway(sandbox, tenant.tokenUrl, snapshots);
  await warmUp(before);
  const confirmedBefore = Date.now();
  await before.close();
  tenant.upgrade();
  tenant.hide();
  const gateway = opened.use(await startGateway(sandbox, tenant.tokenUrl, snapshots));
  // The snapshot is old enough once it was confirmed longer ago than a refresh.
  await expect.poll(() => Date.now() - confirmedBefore).toBeGreaterThan(1_100);

  const waiting = Promise.all(
    ['{ xtremNew }', '{ __typename xtremNew }', '{ xtremNew gateway { me { kind } } }', '{ xtremNeww }'].map((source) =>
      gateway.query(source),
    ),
  );
  const known = await gateway.query('{ xtremSales }');
  tenant.show();
  const [alone, typed, mixed, misspelt] = (await waiting) as [Answer, Answer, Answer, Answer];

  expect(known.data).toEqual({ xtremSales: 'sold' });
  expect(alone.data).toEqual({ xtremNew: 'new' });
  expect(typed.data).toEqual({ __typename: 'Query', xtremNew: 'new' });
  expect(mixed.data).toMatchObject({ xtremNew: 'new', gateway: { me: {} } });
  expect(misspelt.errors).toMatchObject([
    {
      message: 'Cannot query field "xtremNeww" on type "Query". Did you mean "xtremNew"?',
      extensions: { code: 'BAD_USER_INPUT', source: 'gateway' },
    },
  ]);
});
