import { describe, expect, test } from 'vitest';
import { ACME_TENANT_ID, GLOBEX_TENANT_ID, startErpSandbox } from '../../../src/sandbox/erp/index.ts';
import { createSeed } from '../../../src/sandbox/seed/index.ts';
import {
  connect,
  OTHER_TENANT_ID,
  post,
  requestTokens,
  signIn,
  smallData,
  start,
  TENANT_ID,
  type Tokens,
} from './world.ts';

describe('the token API', () => {
  test('answers the JSON request with a pair, its own URLs and one that nobody can guess', async () => {
    await using erp = await start();

    const response = await requestTokens(erp);
    const body = (await response.json()) as Record<string, unknown> & Tokens;

    expect(response.status).toBe(200);
    expect(new Set(Object.keys(body.urls))).toEqual(
      new Set([
        'asyncContextErrorUrl',
        'asyncContextUploadUrl',
        'graphQL',
        'invalidateToken',
        'refreshToken',
        'websocketUrl',
      ]),
    );
    expect(body.urls['graphQL']).toMatch(new RegExp(`^${erp.url}/[\\w-]{20,}/api$`));
    expect(body.urls['graphQL']).not.toBe((await signIn(erp, OTHER_TENANT_ID)).urls['graphQL']);
    expect(Date.parse(String(body['accessTokenExpiry'])) - Date.now()).toBeGreaterThan(14 * 60_000);
  });

  test('answers the form request in the newer shape, with the address under apps', async () => {
    await using erp = await start({ spelling: 'graphQl' });

    const response = await fetch(erp.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: erp.clientId,
        client_secret: erp.clientSecret,
        scope: `tenantid:${TENANT_ID}`,
      }),
    });
    const body = (await response.json()) as {
      access_token: string;
      expires_in: number;
      apps: { sdmo: { graphQl: string } };
    };
    const answer = await post(body.apps.sdmo.graphQl, body.access_token, '{ __typename }');

    expect(body).not.toHaveProperty('refreshToken');
    expect(body.expires_in).toBe(900);
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' }, extensions: { diagnoses: [] } });
  });

  test('refuses a wrong secret, an unknown tenant and a missing API user, each with its own message', async () => {
    await using erp = await start();
    erp.setApiUser('globex', false);

    const answers = await Promise.all([
      requestTokens(erp, { clientSecret: 'wrong' }),
      requestTokens(erp, { tenantId: 'nobody' }),
      requestTokens(erp, { tenantId: OTHER_TENANT_ID }),
    ]);
    const bodies = (await Promise.all(answers.map((each) => each.json()))) as { $diagnoses: { $message: string }[] }[];

    expect(answers.every(({ status }) => status >= 400)).toBe(true);
    expect(new Set(bodies.map((body) => body.$diagnoses[0]?.$message)).size).toBe(3);
  });

  test('renews once for each refresh token and remembers who sent a spent one', async () => {
    await using erp = await start();
    const first = await signIn(erp);
    const renew = () =>
      fetch(first.urls['refreshToken'] ?? '', {
        method: 'POST',
        headers: { authorization: `Bearer ${first.refreshToken}` },
      });

    const renewed = (await (await renew()).json()) as Tokens;
    const again = await renew();

    expect(renewed.refreshToken).not.toBe(first.refreshToken);
    expect((await post(renewed.urls['graphQL'] ?? '', renewed.accessToken, '{ __typename }')).status).toBe(200);
    expect(again.status).toBe(401);
    expect(erp.renewals().map(({ kind, status, spent }) => ({ kind, status, spent }))).toEqual([
      { kind: 'obtain', status: 200, spent: false },
      { kind: 'renew', status: 200, spent: false },
      { kind: 'renew', status: 401, spent: true },
    ]);
  });

  test('ends tokens on request, by the clock, and for another tenant', async () => {
    await using erp = await start();
    const tokens = await signIn(erp);
    const url = tokens.urls['graphQL'] ?? '';
    const statusOf = async (token: string) => (await post(url, token, '{ __typename }')).status;

    expect(await statusOf((await signIn(erp, OTHER_TENANT_ID)).accessToken)).toBe(401);
    const header = `accessToken=${tokens.accessToken};refreshToken=${tokens.refreshToken}`;
    await fetch(tokens.urls['invalidateToken'] ?? '', { method: 'DELETE', headers: { 'x-tokens': header } });
    expect(await statusOf(tokens.accessToken)).toBe(401);
    erp.clock.set({ accessTokenSeconds: 2 });
    const short = await signIn(erp);
    expect(await statusOf(short.accessToken)).toBe(200);
    erp.clock.set({ skewMs: 3_000 });
    const refused = await post(url, short.accessToken, '{ __typename }');
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({ $diagnoses: [{ $severity: 'error', $message: expect.any(String) }] });
  });

  test('can leave out the address, spell it differently, and move the tenant', async () => {
    await using erp = await start({ withoutAddress: true });
    expect((await signIn(erp)).urls).not.toHaveProperty('graphQL');
    erp.configure({ withoutAddress: false, spelling: 'graphql' });
    const before = await signIn(erp);

    erp.move('acme');

    expect((await post(before.urls['graphql'] ?? '', before.accessToken, '{ __typename }')).status).toBe(404);
    const after = await signIn(erp);
    expect((await post(after.urls['graphql'] ?? '', after.accessToken, '{ __typename }')).status).toBe(200);
  });
});

describe('tenants and switches', () => {
  test('two tenants exist by default, with different rows under the same keys', async () => {
    await using erp = await startErpSandbox({ seed: createSeed({ customers: 30 }) });
    const query = '{ xtremMasterData { customer { read(_id: "#ABS001") { id name } } } }';

    const [acme, globex] = await Promise.all(
      [ACME_TENANT_ID, GLOBEX_TENANT_ID].map(async (tenantId) => (await connect(erp, tenantId))(query)),
    );

    expect(erp.tenants.map(({ name }) => name)).toEqual(['acme', 'globex']);
    expect(acme?.data.xtremMasterData.customer.read).toEqual({ id: 'ABS001', name: 'ABS Garages Ltd' });
    expect(globex?.data.xtremMasterData.customer.read).toEqual({ id: 'ABS001', name: 'ABS Garages Ltd (Globex)' });
  });

  test('a tenant has its own data and release, and an upgrade keeps the data', async () => {
    await using erp = await start();
    const ask = await connect(erp, OTHER_TENANT_ID);
    const order = (field: string) =>
      `{ xtremSales { salesOrder { read(_id: "#SO000001") { ${field} { id } soldToCustomer { id } } } } }`;

    expect((await ask(order('salesSite'))).data.xtremSales.salesOrder.read).toEqual({
      salesSite: { id: 'S1' },
      soldToCustomer: { id: 'G01' },
    });
    expect((await ask(order('site'))).errors?.[0]?.message).toMatch(/site/);
    expect(erp.upgrade('globex')).toBe('2025.R8');
    expect((await ask(order('salesSite'))).errors?.[0]?.message).toMatch(/salesSite/);
    expect((await ask(order('site'))).data.xtremSales.salesOrder.read.site).toEqual({ id: 'S1' });
    expect(erp.upgrade('globex')).toBe('2025.R9');
    const item = await ask(
      '{ xtremMasterData { item { read(_id: "#I05") { status } } } __type(name: "ItemStatus") { enumValues { name } } }',
    );
    expect(item.data.xtremMasterData.item.read.status).toBe('obsolete');
    expect(item.data.__type.enumValues.map((each: { name: string }) => each.name)).not.toContain('notRenewed');
  });

  test('the containers have the other names on request, and the same operations work', async () => {
    await using erp = await start({ naming: 'x3' });
    const ask = await connect(erp);

    const { data } =
      await ask(`{ a: __type(name: "Customer_Operations") { name } b: __type(name: "Customer_QueryEdge") { name }
      xtremMasterData { customer { query(first: 1) { __typename edges { __typename node { __typename id } } } } } }`);

    expect(data).toEqual({
      a: { name: 'Customer_Operations' },
      b: null,
      xtremMasterData: {
        customer: {
          query: {
            __typename: 'Customer_Connection',
            edges: [{ __typename: 'Customer_Edge', node: { __typename: 'Customer', id: 'C01' } }],
          },
        },
      },
    });
  });

  test('a forbidden sub-node is null beside its error, and the rest arrives', async () => {
    await using erp = await start({ forbidden: ['PaymentTerm', 'Customer.creditLimit'] });
    const ask = await connect(erp);

    const { data, errors } = await ask(
      '{ xtremMasterData { customer { read(_id: "#C01") { id creditLimit paymentTerm { days } _access { name status } } } } }',
    );

    expect(data.xtremMasterData.customer.read).toEqual({
      id: 'C01',
      creditLimit: null,
      paymentTerm: null,
      _access: [{ name: 'creditLimit', status: 'unauthorized' }],
    });
    expect(errors?.map((error) => error.path?.at(-1))).toEqual(['creditLimit', 'paymentTerm']);
    expect(errors?.[0]?.extensions?.diagnoses).toEqual([
      { severity: 3, message: errors?.[0]?.message, path: ['creditLimit'] },
    ]);
  });

  test('the limit ends the answer but not the work', async () => {
    await using erp = await start();
    const ask = await connect(erp);
    erp.configure({ workMs: 60, limitMs: 20 });

    const answer = await ask(
      'mutation { xtremMasterData { customer { update(data: { _id: "#C01", isOnHold: true }) { _id } } } }',
    );
    erp.configure({ workMs: 0 });

    expect(answer.data).toBeNull();
    expect(answer.errors?.[0]?.message).toMatch(/longer than/);
    await expect
      .poll(
        async () =>
          (await ask('{ xtremMasterData { customer { read(_id: "#C01") { isOnHold } } } }')).data.xtremMasterData
            .customer.read.isOnHold,
      )
      .toBe(true);
  });

  test('a schema of thousands of types can be created and introspected', async () => {
    await using erp = await start({
      tenants: [{ name: 'big', tenantId: TENANT_ID, data: () => smallData(), types: 2_000 }],
    });
    const ask = await connect(erp);

    const { data } = await ask('{ __schema { types { name } } }');
    const generated = await ask(
      '{ xtremGenerated01 { generated0001 { query { totalCount } } } xtremMasterData { customer { query { totalCount } } } }',
    );

    expect(data.__schema.types.length).toBeGreaterThanOrEqual(2_000);
    expect(generated.data).toEqual({
      xtremGenerated01: { generated0001: { query: { totalCount: 0 } } },
      xtremMasterData: { customer: { query: { totalCount: 30 } } },
    });
  });

  test('faults and the request log work on the token API and on the GraphQL address', async () => {
    await using erp = await start();
    const ask = await connect(erp);
    erp.fault({ match: '/api', kind: 'status', status: 503 });

    const failed = await ask('{ __typename }');
    const fine = await ask('{ __typename }');

    expect(failed).toHaveProperty('$diagnoses');
    expect(fine.data).toEqual({ __typename: 'Query' });
    expect(erp.requests().map(({ status }) => status)).toEqual([200, 503, 200]);
    expect(JSON.stringify(erp.requests())).not.toContain(erp.clientSecret);
  });
});
