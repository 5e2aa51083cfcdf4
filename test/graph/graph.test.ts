import { parse } from 'graphql';
import { expect, test, vi } from 'vitest';
import { classifyOperation, sourcesOf } from '../../src/graph/operation/classify-operation.ts';
import { caller, startWorld, TENANT_SDL, tenantRoot } from './world.ts';

const own = { query: new Set(['sage200', 'gateway', 'node', 'nodes']), mutation: new Set(['sage200']) };

test.each([
  ['{ xtremSales { order } }', 'hosted'],
  ['{ sage200: xtremSales { order } }', 'hosted'],
  ['{ a: sage200 { id } }', 'own'],
  ['{ __typename }', 'own'],
  ['{ __schema { description } }', 'own'],
  ['{ xtremSales { order } __typename }', 'hosted'],
  ['{ __typename sage200 { id } }', 'own'],
  ['{ __typename __schema { description } xtremSales { order } }', 'mixed'],
  ['{ ...F } fragment F on Query { ... { xtremSales { order } gateway { me { id } } } }', 'mixed'],
  ['{ ...F } fragment F on Query { ...F xtremSales { order } }', 'hosted'],
  ['{ xtremSales { order } sage200 @skip(if: true) { id } }', 'mixed'],
  ['mutation { node { x } }', 'hosted'],
  ['{ ...Missing }', 'own'],
] as const)('%s is answered by: %s', (source, sources) => {
  const shape = classifyOperation(parse(source), undefined);

  expect(shape && sourcesOf(shape, own)).toBe(sources);
});

test('a document for the tenant alone is forwarded as written, and its answer returned unchanged', async () => {
  await using world = await startWorld();
  const source = `query Mine($first: Int, $unused: String = "x") { # a comment
    MINE: xtremMasterData { item { query(first: $first, filter: "{name:'a'}") { totalCount edges { node { _id secret } } } } }
  }`.replace(', $unused: String = "x"', '');

  const result = await world.ask(source, { variables: { first: 1, other: [1] }, operationName: 'Mine' });

  expect(world.stub.calls()[0]?.body).toEqual({
    query: source,
    variables: { first: 1, other: [1] },
    operationName: 'Mine',
  });
  expect(result).toEqual({
    data: { MINE: { item: { query: { totalCount: 3, edges: [{ node: { _id: '0', secret: null } }] } } } },
    errors: [
      {
        message: 'You may not see this.',
        path: ['MINE', 'item', 'query', 'edges', 0, 'node', 'secret'],
        locations: [{ line: 2, column: expect.any(Number) }],
        extensions: { code: 'UPSTREAM_REJECTED', source: 'erp:acme' },
      },
    ],
    extensions: { diagnoses: [{ severity: 1, message: `{"filter":"{name:'a'}"}` }] },
  });
});

test('the tenant validates its documents: fields that are missing from the copy of its schema are requested too', async () => {
  await using world = await startWorld();
  await world.graph.schemaFor('acme');
  world.stub.tenant('acme').upgrade(TENANT_SDL.replace('order: String', 'order: String total: Int'));

  const known = await world.ask('{ xtremSales { order total } }');
  const unknown = await world.ask('{ xtremSales { nothing } }');

  expect(known.data).toEqual({ xtremSales: { order: 'SO1', total: null } });
  expect(unknown).toMatchObject({
    errors: [
      {
        message: 'Cannot query field "nothing" on type "Sales".',
        extensions: { code: 'UPSTREAM_REJECTED', source: 'erp:acme' },
      },
    ],
  });
  expect(unknown.data).toBeUndefined();
});

test('both systems in one operation: one ERP request, the order of the document, warnings kept', async () => {
  await using world = await startWorld();
  const source = `
    query Both($first: Int = 2, $ref: String!, $no: Boolean = false) {
      s: xtremSales @include(if: $no) { order }
      a: xtremMasterData { item { query(first: $first, color: "red", colors: ["red", green]) { ...Page } } }
      sage200 { customer(reference: $ref) { ...C } company }
      __typename
      ... @skip(if: $no) { ...Root }
    }
    fragment Root on Query { b: xtremMasterData { item { read(_id: 7) { _id name } } } }
    fragment Page on Items { totalCount edges { node { ...I } } }
    fragment I on Item { name __typename }
    fragment C on Sage200Customer { reference name }`;
  world.stub.tenant('acme').upgrade(TENANT_SDL.replace('enum Color_EnumInput { red green }', 'scalar Color_EnumInput'));

  const result = await world.ask(source, { variables: { first: 1, ref: 'ABS001' }, company: '5' });

  expect(result).toEqual({
    data: {
      a: { item: { query: { totalCount: 3, edges: [{ node: { name: 'item 0', __typename: 'Item' } }] } } },
      sage200: { customer: { reference: 'ABS001', name: 'ABS001 of key:web-shop' }, company: '5' },
      __typename: 'Query',
      b: { item: { read: { _id: '7', name: 'item 7' } } },
    },
    extensions: { diagnoses: [{ severity: 1, message: '{"color":"red","colors":["red","green"]}' }] },
  });
  expect(Object.keys(result.data ?? {})).toEqual(['a', 'sage200', '__typename', 'b']);
  const [call, ...more] = world.stub.calls();
  expect(more).toEqual([]);
  expect(call?.body.operationName).toBe('Both');
  expect(call?.body.variables).toEqual({ first: 1 });
  expect(call?.body.query).not.toMatch(/sage200|ref|\$no/i);
});

test('a quoted enumeration passes in a mixed document, where the copy of the schema has a real enumeration', async () => {
  await using world = await startWorld();

  const result = await world.ask(
    '{ gateway { me { id } } xtremMasterData { item { query(color: "red") { totalCount } } } }',
  );

  // The tenant's own judgement, not ours: this stub is as strict as GraphQL asks.
  expect(result.errors).toMatchObject([{ extensions: { source: 'erp:acme' } }]);
  expect(result.data).toEqual({ gateway: { me: { id: 'key:web-shop' } }, xtremMasterData: null });
});

test('a mixed document with a fault is refused as a whole, before anything is sent', async () => {
  await using world = await startWorld();

  const unknown = await world.ask(
    'mutation { sage200 { createCustomer(reference: "A") { id } } xtremMasterData { nothing } }',
  );
  const variable = await world.ask(
    'mutation($r: String!) { xtremMasterData { item { delete(_id: 1) } } sage200 { createCustomer(reference: $r) { id } } }',
  );

  const condition = await world.ask(
    'query($no: Boolean!) { xtremSales @skip(if: $no) { order } gateway { me { id } } }',
  );

  expect(unknown.data).toBeUndefined();
  expect(condition.errors?.[0]?.message).toContain('"$no" of required type');
  expect(variable.errors?.[0]?.message).toContain('"$r" of required type');
  expect(variable.data).toBeUndefined();
  expect(world.journal).toEqual([]);
  expect(world.stub.calls()).toEqual([]);
});

test('a mutation of both systems runs in the order of the document', async () => {
  await using world = await startWorld();
  const create = (name: string) => `xtremMasterData { item { create(data: { name: "${name}" }) { name } } }`;
  const source = `mutation {
    a: ${create('1')}
    b: ${create('2')}
    sage200 { createCustomer(reference: "3") { reference } }
    c: ${create('4')}
  }`;

  const { data, errors } = await world.ask(source);

  expect(errors).toBeUndefined();
  expect(world.journal).toEqual(['erp 1', 'erp 2', 'sage200 3', 'erp 4']);
  expect(Object.keys(data ?? {})).toEqual(['a', 'b', 'sage200', 'c']);
  expect(world.stub.calls()).toHaveLength(2);
});

test('one operation of several is sent alone if the others use the gateway', async () => {
  await using world = await startWorld();
  const erpOnly = 'query A { xtremSales { order } } query B { xtremSales { order } }';
  const withOurs = 'query A { xtremSales { order } } query B { sage200 { id } }';

  await world.ask(erpOnly, { operationName: 'B' });
  const a = await world.ask(withOurs, { operationName: 'A' });
  const b = await world.ask(withOurs, { operationName: 'B' });
  const none = await world.ask(withOurs);

  expect(world.stub.calls().map(({ body }) => body.query.replaceAll(/\s+/g, ' '))).toEqual([
    erpOnly,
    'query A { xtremSales { order } }',
  ]);
  expect(a.data).toEqual({ xtremSales: { order: 'SO1' } });
  expect(b.data).toEqual({ sage200: { id: 'company:1' } });
  expect(none.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
});

test('__typename beside the tenant’s own fields leaves the document to the tenant, even in other operations', async () => {
  await using world = await startWorld();
  const [order, typename] = ['xtremSales { order }', 'kind: __typename'];
  const documents = [
    `{ ${typename} ${order} }`,
    `{ ...F } fragment F on Query { ${typename} ${order} }`,
    `query A { ${order} } query B { ${typename} }`,
    'mutation { __typename xtremMasterData { item { delete(_id: 1) } } }',
  ];

  for (const source of documents) await world.ask(source, { operationName: source.includes('A {') ? 'A' : '' });
  const refused = await world.ask('{ __typename xtremSales { nothing } }');

  expect(world.stub.calls().map(({ body }) => body.query)).toEqual([
    ...documents,
    '{ __typename xtremSales { nothing } }',
  ]);
  expect(refused.data).toBeUndefined();
  expect(refused.errors).toMatchObject([
    { message: 'Cannot query field "nothing" on type "Sales".', locations: [{ line: 1, column: 27 }] },
  ]);
});

test('locations in a document stay right when operations for the gateway are removed from it', async () => {
  await using world = await startWorld();
  const source = `query Ours { sage200 { ...O } } fragment O on Sage200 { id }
    fragment T on Sales { order }
    query Theirs { __typename xtremSales { ...T nothing } }`;

  const { data, errors } = await world.ask(source, { operationName: 'Theirs' });

  expect(data).toBeUndefined();
  expect(errors).toMatchObject([
    { message: 'Cannot query field "nothing" on type "Sales".', locations: [{ line: 3, column: 49 }] },
  ]);
});

test('a root field that neither side has is refused here, with names of both sides', async () => {
  await using world = await startWorld();
  await world.graph.schemaFor('acme');
  world.stub.tenant('acme').misbehave({ status: 503 });

  const ours = await world.ask('{ __typename sage20 { id } }');
  const theirs = await world.ask('query { a: xtremSale(x: $y) { ...F } } fragment F on Nothing { id }');
  const write = await world.ask('mutation { xtremMasterDate { item { delete(_id: 1) } } }');

  expect(ours.errors).toMatchObject([
    { message: 'Cannot query field "sage20" on type "Query". Did you mean "sage200"?', locations: [{ line: 1 }] },
  ]);
  expect(theirs.errors?.map(({ message }) => message)).toEqual([
    'Cannot query field "xtremSale" on type "Query". Did you mean "xtremSales"?',
  ]);
  expect(write.errors?.[0]?.message).toContain('Did you mean "xtremMasterData"?');
  expect([ours.data, theirs.data, write.data]).toEqual([undefined, undefined, undefined]);
});

test.each([
  ['down', { status: 503 }, 'UPSTREAM_UNAVAILABLE'],
  ['cutting', 'cut', 'UPSTREAM_UNAVAILABLE'],
  ['silent', 'never', 'UPSTREAM_TIMEOUT'],
  ['refusing the token', { status: 401 }, 'MISCONFIGURED'],
  ['forbidding', { status: 403 }, 'FORBIDDEN'],
  ['busy', { status: 429, headers: { 'retry-after': '3' } }, 'RATE_LIMITED'],
  ['a proxy page', { status: 200, body: '<html>' }, 'UPSTREAM_UNAVAILABLE'],
] as const)('with the tenant %s, the rest is answered, and its fields say %o', async (_name, wrong, code) => {
  await using world = await startWorld({ deadlineMs: 300 });
  await world.graph.schemaFor('acme');
  world.stub.tenant('acme').misbehave(wrong);

  const mixed = await world.ask('{ a: xtremSales { order } sage200 { company } b: xtremSales { order } }');
  const forwarded = await world.ask('{ a: xtremSales { order } b: xtremSales @skip(if: true) { order } }');

  const extensions = { code, source: 'erp:acme' };
  expect(mixed.data).toEqual({ a: null, sage200: { company: 'default' }, b: null });
  expect(mixed.errors).toMatchObject([
    { path: ['a'], extensions },
    { path: ['b'], extensions },
  ]);
  expect(forwarded.data).toEqual({ a: null });
  expect(forwarded.errors).toMatchObject([{ path: ['a'], extensions }]);
});

test('a failing Sage 200 field does not affect the tenant', async () => {
  await using world = await startWorld();

  const { data, errors } = await world.ask('{ xtremSales { order } sage200 { customer(reference: "A") { broken } } }');

  expect(data).toEqual({ xtremSales: { order: 'SO1' }, sage200: { customer: { broken: null } } });
  expect(errors).toMatchObject([{ path: ['sage200', 'customer', 'broken'] }]);
});

test('without the tenant’s schema everything else works, and the tenant works again once it is loaded', async () => {
  await using world = await startWorld();
  world.stub.tenant('acme').misbehave({ status: 500 });

  const mixed = await world.ask(
    '{ xtremSales { order } sage200 { company } gateway { tenants { name state lastError { code } } } }',
  );
  const wrong = await world.ask('{ xtremSales { order } sage200 { nothing } }');
  const schema = await world.graph.schemaFor('acme');

  expect(mixed.data).toEqual({
    xtremSales: null,
    sage200: { company: 'default' },
    gateway: { tenants: [{ name: 'acme', state: 'UNAVAILABLE', lastError: { code: 'UPSTREAM_UNAVAILABLE' } }] },
  });
  expect(mixed.errors).toMatchObject([{ path: ['xtremSales'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);
  expect(wrong.errors).toHaveLength(1);
  expect(wrong.data).toBeUndefined();
  expect(schema.getQueryType()?.getFields()['xtremSales']).toBeUndefined();
  world.stub.tenant('acme').behave();
  await expect.poll(async () => (await world.ask('{ __typename xtremSales { order } }')).errors).toBeUndefined();
});

test('documents are forwarded even if the tenant refuses introspection', async () => {
  await using world = await startWorld();
  world.stub.tenant('acme').misbehave({ status: 403 }, { match: '__schema' });

  const forwarded = await world.ask('{ xtremSales { order } }');
  const mixed = await world.ask('{ xtremSales { order } sage200 { company } }');

  expect(forwarded.data).toEqual({ xtremSales: { order: 'SO1' } });
  expect(mixed.data).toEqual({ xtremSales: { order: 'SO1' }, sage200: { company: 'default' } });
});

test('two tenants on one schema, two callers, the same document at the same time: nobody gets another’s data', async () => {
  const tenant = { sdl: TENANT_SDL, root: tenantRoot() };
  await using world = await startWorld({ tenants: { acme: tenant, globex: tenant } });
  const [acme, globex] = await Promise.all([world.graph.schemaFor('acme'), world.graph.schemaFor('globex')]);
  expect(acme).toBe(globex);
  const mixed = '{ xtremMasterData { item { read(_id: 1) { owner } } } sage200 { customer(reference: "A") { name } } }';
  const only = '{ xtremMasterData { item { read(_id: 1) { owner } } } }';
  const callers = [
    caller({ id: 'key:a', tenants: ['acme'] }),
    caller({ id: 'key:g', tenants: ['globex'] }),
    caller({ id: 'key:both', tenants: ['acme', 'globex'] }),
  ];

  const answers = await Promise.all(
    Array.from({ length: 120 }, async (_, index) => {
      const principal = callers[index % 3] ?? caller();
      const wanted = index % 3 === 2 ? (index % 2 === 0 ? 'globex' : 'id-of-acme') : undefined;
      const source = index % 4 === 0 ? only : mixed;
      const { data } = await world.ask(source, { principal, ...(wanted && { tenant: wanted }) });
      const expected = wanted === undefined ? principal.tenants[0] : wanted.replace('id-of-', '');
      const name = source === mixed ? `A of ${principal.id}` : undefined;
      return [data, expected, name] as const;
    }),
  );

  for (const [data, owner, name] of answers) {
    expect(data).toEqual({
      xtremMasterData: { item: { read: { owner } } },
      ...(name && { sage200: { customer: { name } } }),
    });
  }
  for (const { tenant: name, authorization } of world.stub.calls())
    expect(authorization).toBe(`Bearer ${name}-token-1`);
});

test('a caller gets only its own tenants', async () => {
  await using world = await startWorld({ tenants: { acme: { sdl: TENANT_SDL }, globex: { sdl: TENANT_SDL } } });
  const { graph } = world;

  expect(graph.tenantFor(caller({ tenants: ['globex', 'acme'], defaultTenant: 'globex' }), undefined)).toBe('globex');
  expect(graph.tenantFor(caller({ tenants: ['globex', 'acme'] }), undefined)).toBeUndefined();
  expect(graph.tenantFor(caller({ tenants: ['globex', 'acme'], defaultTenant: 'other' }), undefined)).toBeUndefined();
  expect(graph.tenantFor(caller({ tenants: ['globex'] }), undefined)).toBe('globex');
  expect(() => graph.requireTenant(caller({ tenants: ['globex', 'acme'] }), undefined)).toThrow(
    expect.objectContaining({ code: 'TENANT_REQUIRED', details: { choices: ['acme', 'globex'] } }),
  );
  expect(graph.requireTenant(caller({ tenants: [] }), undefined)).toBeUndefined();
  expect(graph.tenantFor(caller({ tenants: ['unconfigured', 'acme'] }), undefined)).toBe('acme');
  expect(graph.tenantFor(caller({ tenants: ['acme', 'globex'] }), 'id-of-globex')).toBe('globex');
  expect(graph.tenantFor(caller({ tenants: [] }), undefined)).toBeUndefined();
  for (const wanted of ['globex', 'id-of-globex', 'nobody']) {
    expect(() => graph.tenantFor(caller(), wanted)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  }
});

test('a caller without a tenant sees a schema without one', async () => {
  await using world = await startWorld();

  const { errors, data } = await world.ask('{ xtremSales { order } }', { principal: caller({ tenants: [] }) });

  expect(errors?.[0]?.message).toBe('Cannot query field "xtremSales" on type "Query".');
  expect(data).toBeUndefined();
  expect(world.stub.calls()).toEqual([]);
});

test('a caller who may only read sends no mutation anywhere', async () => {
  await using world = await startWorld();
  const principal = caller({ readOnly: true });

  for (const source of [
    'mutation { xtremMasterData { item { delete(_id: 1) } } }',
    'mutation { sage200 { createCustomer(reference: "A") { id } } }',
    'query Q { xtremSales { order } } mutation M { ...F } fragment F on Mutation { xtremMasterData { item { delete(_id: 1) } } }',
  ]) {
    const { errors, data } = await world.ask(source, {
      principal,
      ...(source.includes('query') && { operationName: 'M' }),
    });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', source: 'gateway' } }]);
    expect(data).toBeUndefined();
  }
  expect(world.stub.calls()).toEqual([]);
  expect(world.journal).toEqual([]);
});

test('waits of an operation before its request to the tenant count against its deadline', async () => {
  await using world = await startWorld({ deadlineMs: 60_000 });
  const { graph } = world;
  const asked = vi.spyOn(world.erp, 'ask');
  const signal = new AbortController().signal;
  const given = { principal: caller(), tenant: 'acme', signal, requestId: 'r', headers: {} };

  const context = graph.createContext(given);
  const begunAt = performance.now();
  const schema = await graph.schemaFor('acme');
  for (const source of ['{ xtremSales { order } }', '{ xtremSales { order } sage200 { id } }']) {
    const operation = { document: parse(source), source, variables: undefined, operationName: undefined };
    expect(graph.validate(schema, operation, context)).toEqual([]);
    await graph.execute(schema, operation, context);
  }

  const deadlines = asked.mock.calls.map(([, , { deadlineAt = Number.NaN }]) => deadlineAt);
  expect(deadlines).toEqual([context.deadlineAt, context.deadlineAt]);
  expect(context.deadlineAt).toBeLessThanOrEqual(begunAt + 60_000);
});

test('a lost answer to a mutation says that its outcome is unknown', async () => {
  await using world = await startWorld();
  await world.graph.schemaFor('acme');
  world.stub.tenant('acme').misbehave('cut');

  const { data, errors } = await world.ask('mutation { xtremMasterData { item { delete(_id: 1) } } }');

  expect(data).toEqual({ xtremMasterData: null });
  expect(errors).toMatchObject([
    { path: ['xtremMasterData'], extensions: { code: 'OUTCOME_UNKNOWN', source: 'erp:acme' } },
  ]);
});

test('subscriptions are refused', async () => {
  await using world = await startWorld();

  expect(await world.ask('subscription { xtremSales { order } }')).toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  });
});
