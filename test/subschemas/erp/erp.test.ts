import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HostedRequest } from '../../../src/graph/subschema.ts';
import { GatewayError } from '../../../src/kit/errors/index.ts';
import { HttpFailure } from '../../../src/kit/http/index.ts';
import { createRedactor } from '../../../src/kit/text/index.ts';
import { toErpResult } from '../../../src/subschemas/erp/answer.ts';
import { readMeaning, toFailureError } from '../../../src/subschemas/erp/errors.ts';
import { startErpStub } from './erp-stub.ts';

const SDL = `
  scalar Id
  "An item." type Item { _id: Id! name: String! }
  type Items { read(_id: Id): Item! }
  type Package { item: Items! }
  type ItemMutations { delete(_id: Id): Int }
  type PackageMutations { item: ItemMutations }
  type Query { xtremMasterData: Package! }
  type Mutation { xtremMasterData: PackageMutations }
`;
/** The same content in another order. */
const SHUFFLED = SDL.split('\n').reverse().join('\n').replace('_id: Id! name: String!', 'name: String! _id: Id!');
const OTHER = SDL.replace('name: String!', 'name: String! description: String');
const ROOT = {
  xtremMasterData: { item: { read: { _id: '1', name: 'Bolt' }, delete: () => 1 } },
};
const QUERY: HostedRequest = { kind: 'query', query: '{ xtremMasterData { item { read(_id: 1) { name } } } }' };
const MUTATION: HostedRequest = {
  kind: 'mutation',
  query: 'mutation { xtremMasterData { item { delete(_id: "1") } } }',
};
const forever = new AbortController().signal;

const redact = createRedactor({ secrets: ['hunter2!'], hosts: ['erp.sage.com'] });

const asked = { tenant: 'acme', now: Date.UTC(2026, 0, 1), redact };
const graphql = '{"errors":[{"message":"no"}]}';

test.each([
  [200, '{"data":{"a":1}}', 'answer', 'answer'],
  [200, graphql, 'answer', 'answer'],
  [400, graphql, 'answer', 'answer'],
  [401, 'Error 50: Invalid token', 'renew', 'renew'],
  [200, '{"$diagnoses":[{"$message":"Unauthorized"}]}', 'renew', 'renew'],
  [404, '', 'moved', 'moved'],
  [403, '{}', 'FORBIDDEN', 'FORBIDDEN'],
  [429, '', 'RATE_LIMITED', 'RATE_LIMITED'],
  [400, '{"message":"a rule"}', 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
  [302, '', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_REJECTED'],
  [415, '', 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
  [408, '', 'UPSTREAM_TIMEOUT', 'OUTCOME_UNKNOWN'],
  [425, '{"message":"too early"}', 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  ...([403, 404, 410, 429, 500, 503] as const).map((status) => [status, graphql, 'answer', 'answer'] as const),
  [200, '{"data":null,"extensions":{"diagnoses":[]}}', 'answer', 'answer'],
  [200, '\ufeff {"data":{"a":1}}\n', 'answer', 'answer'],
  [200, '{"errors":[],"data":null}', 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  [500, '{"data":null,"extensions":{"diagnoses":[]}}', 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  [401, graphql, 'renew', 'renew'],
  [503, '', 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  [504, '', 'UPSTREAM_TIMEOUT', 'OUTCOME_UNKNOWN'],
  [200, '<html>', 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  [200, '[]', 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  [200, '{"$diagnoses":[{"$message":"broken"}]}', 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
] as const)('an answer %i %s means %s, after a mutation %s', (status, body, query, mutation) => {
  const response = { status, headers: {}, body: Buffer.from(body) };
  const meaning = (kind: 'query' | 'mutation') => {
    const read = readMeaning(response, { ...asked, kind });
    return read.kind === 'refused' ? read.error.code : read.kind;
  };

  expect([meaning('query'), meaning('mutation')]).toEqual([query, mutation]);
});

test.each([
  ['refused', false, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['cut', true, 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  ['timeout', true, 'UPSTREAM_TIMEOUT', 'OUTCOME_UNKNOWN'],
  ['timeout', false, 'UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  ['tooLarge', true, 'COST_EXCEEDED', 'OUTCOME_UNKNOWN'],
  ['paused', false, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['crowded', false, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
] as const)('no answer (%s, sent: %s) means %s, after a mutation %s', (kind, sent, query, mutation) => {
  const failure = new HttpFailure(kind, sent);

  expect(toFailureError('acme', failure, 'query')).toMatchObject({ code: query, source: 'erp:acme' });
  expect(toFailureError('acme', failure, 'mutation').code).toBe(mutation);
});

test.each([
  [403, 'FORBIDDEN', 'FORBIDDEN'],
  [404, 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
  [429, 'RATE_LIMITED', 'RATE_LIMITED'],
  [500, 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  [504, 'UPSTREAM_TIMEOUT', 'OUTCOME_UNKNOWN'],
] as const)(
  'errors of a tenant with HTTP %i keep their content; without a code they are %s',
  async (status, code, ofWrite) => {
    await using stub = await startErpStub({ acme: { sdl: SDL, root: ROOT } });
    const erp = stub.erp();
    const own = { message: 'The moon is full.', path: ['a', 0], extensions: { code: 'MOON', phase: 1.5 } };
    const body = { errors: [{ message: 'no', path: ['b'] }, own] };
    stub.tenant('acme').misbehave({ status, headers: { 'retry-after': '7' }, body: JSON.stringify(body) });

    const [query, mutation] = await Promise.all(
      [QUERY, MUTATION].map((request) => erp.execute('acme', request, { signal: forever })),
    );

    expect(query?.errors).toMatchObject([
      { message: 'no', path: ['b'], extensions: { code, ...(status === 429 && { retryAfter: 7 }) } },
      own,
    ]);
    expect(mutation?.errors).toMatchObject([{ message: 'no', extensions: { code: ofWrite } }, own]);
  },
);

test('Retry-After is forwarded, in seconds and as a date', () => {
  const read = (after: string) =>
    readMeaning({ status: 429, headers: { 'retry-after': after }, body: Buffer.from('') }, { ...asked, kind: 'query' });

  expect(read('7')).toMatchObject({ error: { retryAfter: 7 } });
  expect(read('Thu, 01 Jan 2026 00:00:09 GMT')).toMatchObject({ error: { retryAfter: 9 } });
  expect(read('soon')).toMatchObject({ error: { retryAfter: undefined } });
});

test('an error of the ERP keeps its content, and can set neither the gateway’s status nor its headers', () => {
  const diagnoses = [{ severity: 3, message: 'see https://x.y/z', path: ['a'] }];
  const error = {
    message: 'line 1\nline 2',
    path: ['a', 0],
    locations: [{ line: 1, column: 3 }],
    extensions: { diagnoses, http: { status: 504, headers: { 'set-cookie': 'x' } }, stacktrace: ['at x'] },
  };

  const result = toErpResult(
    'acme',
    {
      errors: [error, { message: 'm', extensions: { code: 'OWN' } }, 7],
      extensions: { diagnoses: [], http: {} },
    },
    redact,
  );

  expect(result).toEqual({
    errors: [
      {
        message: 'line 1\nline 2',
        path: ['a', 0],
        locations: [{ line: 1, column: 3 }],
        extensions: {
          diagnoses: [{ severity: 3, message: 'see [address]', path: ['a'] }],
          code: 'UPSTREAM_REJECTED',
          source: 'erp:acme',
        },
      },
      { message: 'm', path: undefined, locations: undefined, extensions: { code: 'OWN', source: 'erp:acme' } },
      expect.objectContaining({ extensions: { code: 'UPSTREAM_REJECTED', source: 'erp:acme' } }),
    ],
    extensions: { diagnoses: [] },
  });
});

test('a spent token is renewed once and the operation sent again, a mutation too', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL, root: ROOT } });
  const erp = stub.erp();
  await erp.execute('acme', QUERY, { signal: forever });
  stub.tenant('acme').tokenNumber = 2;

  const result = await erp.execute('acme', MUTATION, { signal: forever });

  expect(result.data).toEqual({ xtremMasterData: { item: { delete: 1 } } });
  expect(stub.calls().map(({ authorization }) => authorization)).toEqual([
    'Bearer acme-token-1',
    'Bearer acme-token-1',
    'Bearer acme-token-2',
  ]);
});

test("a new token that is refused too is the operator's to fix", async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL, root: ROOT } });
  stub.tenant('acme').misbehave({ status: 401 });

  const result = stub.erp().execute('acme', QUERY, { signal: forever });

  await expect(result).rejects.toMatchObject({ code: 'MISCONFIGURED', source: 'erp:acme' });
  expect(stub.calls()).toHaveLength(2);
});

test('a mutation whose answer is lost is never sent again', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL, root: ROOT } });
  const erp = stub.erp({ deadlineMs: 300 });
  for (const wrong of ['cut', 'never', { status: 502 }] as const) {
    stub.tenant('acme').behave();
    stub.tenant('acme').misbehave(wrong);
    await expect(erp.execute('acme', MUTATION, { signal: forever })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  }

  expect(stub.calls()).toHaveLength(3);
});

test('a call to a silent tenant ends at the deadline, and a read ends when its caller leaves', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL, root: ROOT } });
  stub.tenant('acme').misbehave('never');
  const erp = stub.erp({ deadlineMs: 200 });

  await expect(erp.execute('acme', QUERY, { signal: forever })).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  const late = erp.execute('acme', QUERY, { signal: forever, deadlineAt: performance.now() - 1 });
  await expect(late).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  await expect(erp.execute('acme', QUERY, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(GatewayError);
});

test('a moved tenant is found with the next token', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL, root: ROOT } });
  const erp = stub.erp();
  await erp.execute('acme', QUERY, { signal: forever });
  stub.tenant('acme').moves += 1;

  const { data } = await erp.execute('acme', QUERY, { signal: forever });

  expect(data).toEqual({ xtremMasterData: { item: { read: { name: 'Bolt' } } } });
});

test('tenants on the same release share one schema, in whatever order they list it', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL }, globex: { sdl: SHUFFLED }, initech: { sdl: OTHER } });
  const erp = stub.erp();

  const [acme, again, globex, initech] = await Promise.all(
    ['acme', 'acme', 'globex', 'initech'].map((tenant) => erp.schemaOf(tenant)),
  );

  expect(acme?.schema).toBe(again?.schema);
  expect(acme?.schema).toBe(globex?.schema);
  expect(initech?.digest).not.toBe(acme?.digest);
  // Two callers at once ask the tenant once.
  expect(stub.introspections().filter(({ tenant }) => tenant === 'acme')).toHaveLength(1);
  expect(erp.status('acme')).toMatchObject({ state: 'ready', digest: acme?.digest });
});

test('a schema is shown as given, but every root field is nullable', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL } });

  const { schema } = await stub.erp().schemaOf('acme');

  expect(String(schema.getQueryType()?.getFields()['xtremMasterData']?.type)).toBe('Package');
  const item = schema.getType('Item');
  expect(item && 'getFields' in item && String(item.getFields()['name']?.type)).toBe('String!');
});

test.each([graphql, '{"message":"bad document"}'])(
  'an old server that supports only plain introspection (%s) is read too',
  async (body) => {
    await using stub = await startErpStub({ acme: { sdl: SDL } });
    stub.tenant('acme').misbehave({ status: 400, body }, { match: 'specifiedByURL' });

    await expect(stub.erp().schemaOf('acme')).resolves.toMatchObject({ digest: expect.any(String) });
  },
);

test('a tenant that starts later is served, and nobody waits long for one that is down', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL }, globex: { sdl: SDL } });
  const erp = stub.erp({ patienceMs: 1_000 });
  stub.tenant('acme').misbehave({ status: 503 });
  stub.tenant('globex').misbehave('never');
  await expect(erp.schemaOf('acme')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'erp:acme' });
  await expect(erp.schemaOf('acme')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  expect(stub.introspections()).toHaveLength(1); // the second was answered from memory
  expect(erp.status('acme')).toMatchObject({ state: 'unavailable', lastError: { code: 'UPSTREAM_UNAVAILABLE' } });
  await expect(erp.schemaOf('globex')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  await expect(erp.schemaOf('globex')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });

  stub.tenant('acme').behave();

  await expect.poll(() => erp.schemaOf('acme').catch(() => undefined)).toMatchObject({ digest: expect.any(String) });
});

test('a failed refresh keeps the last good schema, a successful one releases the old schema', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL } });
  const erp = stub.erp();
  const first = await erp.schemaOf('acme');
  stub.tenant('acme').misbehave({ status: 500 });
  await expect(erp.refreshSchema('acme')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  expect(erp.status('acme').state).toBe('stale');
  expect((await erp.schemaOf('acme')).schema).toBe(first.schema);

  stub.tenant('acme').behave();
  stub.tenant('acme').upgrade(OTHER);
  const second = await erp.refreshSchema('acme');

  expect(second.digest).not.toBe(first.digest);
  expect(erp.status('acme')).toMatchObject({ state: 'ready', digest: second.digest, lastError: undefined });
});

test('a tenant that reports an unknown name is asked for its schema again', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL } });
  const erp = stub.erp();
  const before = await erp.schemaOf('acme');
  stub.tenant('acme').upgrade(OTHER);

  await erp.execute('acme', { kind: 'query', query: '{ xtremMasterData { items } }' }, { signal: forever });

  await expect.poll(() => erp.peekSchema('acme')?.digest).not.toBe(before.digest);
});

test('with a snapshot the schema is available while the tenant is down', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-schemas-'));
  try {
    await using stub = await startErpStub({ acme: { sdl: SDL }, globex: { sdl: SHUFFLED } });
    const first = stub.erp({ snapshots: folder });
    const { digest } = await first.schemaOf('acme');
    await first.schemaOf('globex');
    const { confirmedAt } = first.status('acme');
    await first.close();
    stub.tenant('acme').misbehave({ status: 503 });
    expect(new Set(await readdir(folder))).toEqual(new Set([`${digest}.schema.gz`, 'tenants']));

    const second = stub.erp({ snapshots: folder });

    expect((await second.schemaOf('acme')).digest).toBe(digest);
    expect(second.status('acme')).toMatchObject({ state: 'stale', digest, confirmedAt });
    expect(confirmedAt).toBeGreaterThan(0);
    await second.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('no secret and no token gets into a log line or an error', async () => {
  await using stub = await startErpStub({ acme: { sdl: SDL } });
  const said = 'token acme-token-1 of the-client-secret at http://127.0.0.1/x';
  stub.tenant('acme').misbehave({ status: 400, body: JSON.stringify({ errors: [{ message: said }] }) });
  const erp = stub.erp();

  const { errors } = await erp.execute('acme', QUERY, { signal: forever });
  await erp.schemaOf('acme').catch(() => {});

  expect(errors?.[0]?.message).toBe('token [secret] of [secret] at [address]');
  expect(stub.lines.join()).not.toMatch(/acme-token|the-client-secret|127\.0\.0\.1/);
});
