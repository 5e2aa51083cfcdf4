import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { buildClientSchema, buildSchema, type GraphQLSchema, introspectionFromSchema } from 'graphql';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { printShownSchema } from '../../../src/kit/print-schema.ts';
import { createErpMetrics } from '../../../src/subschemas/erp/index.ts';
import { buildSchema as buildPacked } from '../../../src/subschemas/erp/schema/build-schema.ts';
import { PackedSchema } from '../../../src/subschemas/erp/schema/packed-schema.ts';
import { readIntrospection } from '../../../src/subschemas/erp/schema/read-introspection.ts';
import {
  createSchemaReader,
  type SchemaReader,
  type SchemaReaderOptions,
} from '../../../src/subschemas/erp/schema/schema-reader.ts';
import {
  createSchemaRegistry,
  type SchemaRegistryOptions,
} from '../../../src/subschemas/erp/schema/schema-registry.ts';
import { createSnapshotStore } from '../../../src/subschemas/erp/schema/snapshot-store.ts';
import { startErpStub } from './erp-stub.ts';

const RICH = {
  descriptions: true,
  inputValueDeprecation: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
};
const SDL = `
  "A schema: Größe, 数量, 🧮."
  schema { query: Root mutation: Write }
  "Marks." directive @mark(label: String = "a \\"b\\"", kinds: [Kind!] = [ONE]) repeatable on FIELD | QUERY
  scalar Id @specifiedBy(url: "https://example.org/id")
  "" scalar Money
  enum Kind { "The one." ONE TWO @deprecated(reason: "Take ONE.") }
  interface Node { _id: Id! }
  interface Named implements Node { _id: Id! name: String }
  type Item implements Node & Named {
    _id: Id!
    name: String
    matrix: [[Int!]!]
    price(currency: String = "EUR", digits: Int! = 2, at: Moment): Money
    kind: Kind @deprecated
    other: Thing
  }
  type Page { items: [Item!]! number: Float flag: Boolean }
  union Thing = Item | Page
  input Moment { year: Int! = 2026 month: Int @deprecated(reason: "Take day.") inner: Moment kinds: [Kind] = [ONE, TWO] }
  input Search { text: String! at: Moment = { year: 1 } }
  type Root { page(search: Search): Page! nodes: [Node] item: Item }
  type Write { item(_id: Id!): Item! }
`;

const answerOf = (schema: GraphQLSchema) =>
  Buffer.from(JSON.stringify({ data: introspectionFromSchema(schema, RICH), extensions: {} }));
const read = (sdl: string) => {
  const found = readIntrospection(answerOf(buildSchema(sdl)));
  if (!found) throw new Error('this is not an introspection');
  return found;
};
const open = (sdl: string) => buildPacked(new PackedSchema(read(sdl).packed));
/** A field of its own a type, so that no two digests are equal. */
const many = (count: number, name = 'Item') =>
  Array.from({ length: count }, (_, index) => `type ${name}${index} { id: ID next: ${name}${(index + 1) % count} }`)
    .concat(`type Query { first: ${name}0 }`)
    .join('\n');

/** Makes all that there is. */
function touch(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if ('getFields' in type) type.getFields();
    if ('getInterfaces' in type) type.getInterfaces();
    if ('getTypes' in type) type.getTypes();
    if ('getValues' in type) type.getValues();
  }
}

describe('a packed schema', () => {
  test('shows what graphql-js makes of the same introspection, but promises no root field', () => {
    const expected = buildClientSchema(
      introspectionFromSchema(buildSchema(SDL.replace('): Page!', '): Page').replace('): Item!', '): Item')), RICH),
    );

    const schema = open(SDL);

    expect(printShownSchema(schema)).toBe(printShownSchema(expected));
    expect(introspectionFromSchema(schema, RICH)).toEqual(introspectionFromSchema(expected, RICH));
  });

  test('knows who implements what', () => {
    const schema = open(SDL);
    const [node, item] = [schema.getType('Node'), schema.getType('Item')];

    expect(node && 'getInterfaces' in node && 'resolveType' in node && schema.getPossibleTypes(node)).toEqual([item]);
    expect(node && item && 'resolveType' in node && 'getFields' in item && schema.isSubType(node, item as never)).toBe(
      true,
    );
  });

  test('makes a type’s fields when they are asked for, not before', () => {
    const texts = vi.spyOn(PackedSchema.prototype, 'text');
    const { packed } = read(many(1_000));

    const schema = buildPacked(new PackedSchema(packed));
    const atFirst = texts.mock.calls.length;
    touch(schema);

    // Names and descriptions of types; of fields there are as many again, twice.
    expect(atFirst).toBeLessThan(2_100);
    expect(texts.mock.calls.length).toBeGreaterThan(atFirst + 4_000);
    texts.mockRestore();
  });

  test('equal texts and equal types of fields are one object each', () => {
    const schema = open('type A { list: [ID!]! } type B { list: [ID!]! } type Query { a: A b: B }');
    const typeOf = (name: string) => {
      const type = schema.getType(name);
      return type && 'getFields' in type ? type.getFields()['list']?.type : undefined;
    };

    expect(typeOf('A')).toBeDefined();
    expect(typeOf('A')).toBe(typeOf('B'));
  });

  test('a default that cannot be one, or never ends, leaves the field usable', () => {
    const data = introspectionFromSchema(
      buildSchema('input A { self: A other: A number: Int } type Query { f(a: A, n: Int): Int }'),
    );
    const given = JSON.stringify({ data }).replaceAll('"defaultValue":null', '"defaultValue":"{self: {self: {"');
    const found = readIntrospection(Buffer.from(given));
    const cyclic = readIntrospection(Buffer.from(given.replaceAll('{self: {self: {', '{}')));

    for (const each of [found, cyclic]) {
      const schema = buildPacked(new PackedSchema(each?.packed ?? Buffer.of()));
      touch(schema);
      expect(
        schema
          .getQueryType()
          ?.getFields()
          ['f']?.args.map(({ name }) => name),
      ).toEqual(['a', 'n']);
    }
  });

  test('has the same digest whatever the order', () => {
    const [fields, members] = ['nodes: [Node] item: Item', 'Item | Page'];
    expect(SDL).toContain(fields);
    const reversed = SDL.replace(fields, 'item: Item nodes: [Node]').replace(members, 'Page | Item');

    expect(read(reversed).digest).toBe(read(SDL).digest);
  });

  test.each([
    ['Take day.', 'Take hour.'],
    ['= 2026', '= 2027'],
    ['"The one."', ''],
    ['repeatable ', ''],
    ['org/id', 'org/other'],
    ['[[Int!]!]', '[[Int!]]'],
    ['implements Node & Named', 'implements Node'],
    ['mutation: Write', ''],
  ])('has another digest with "%s" as "%s"', (from, to) => {
    expect(SDL).toContain(from);
    expect(read(SDL.replace(from, to)).digest).not.toBe(read(SDL).digest);
  });
});

describe('an introspection answer that is wrong', () => {
  const nothing = [
    '',
    'nonsense',
    '<html>',
    '{"data":',
    '[]',
    'null',
    '{"data":null}',
    '{"data":{"__schema":7}}',
    '{"errors":[{"message":"no"}]}',
  ];
  test.each(nothing)('%s: is none', (text) => {
    expect(readIntrospection(Buffer.from(text))).toBeUndefined();
  });

  const change = (from: string | RegExp, to: string) =>
    Buffer.from(JSON.stringify({ data: introspectionFromSchema(buildSchema(SDL), RICH) }).replace(from, () => to));
  test.each([
    ['no types', /"types":\[/, '"types":null,"was":['],
    ['no query type', '"queryType":{', '"queryType":null,"was":{'],
    ['a root that is not an object type', '"name":"Root"', '"name":"Kind"'],
    ['a type nobody described', '"name":"Money","ofType"', '"name":"Gone","ofType"'],
    ['a type twice', '"name":"Page","description"', '"name":"Item","description"'],
    [
      'a kind nobody knows',
      '"kind":"UNION","name":"Thing","description"',
      '"kind":"CHOICE","name":"Thing","description"',
    ],
    ['a field of an input type', '"kind":"SCALAR","name":"Money","ofType"', '"kind":"X","name":"Moment","ofType"'],
    ['an argument of an output type', '"name":"Search","ofType"', '"name":"Page","ofType"'],
    ['a field without arguments', '"args":[]', '"args":null'],
    ['half a type', '"kind":"LIST","name":null,"ofType":{', '"kind":"LIST","name":null,"ofType":null,"was":{'],
    ['a name that can be none', '"name":"price"', '"name":"pri ce"'],
    ['an enum value that can be none', '"name":"TWO"', '"name":"null"'],
    ['a text that is none', '"description":"The one."', '"description":{}'],
  ])('%s: is refused with its place, and nothing is built', (_what, from, to) => {
    expect(() => readIntrospection(change(from, to))).toThrow(TypeError);
  });

  test('whatever is changed in one: it is refused, or every type of it can be made', () => {
    const text = JSON.stringify({ data: introspectionFromSchema(buildSchema(SDL), RICH) });
    const places = [...text.matchAll(/null|true|false|"[^"]*"|[[{](?=[\]}])|\[/g)];
    const values = ['null', '7', '""', '"Item"', '"NON_NULL"', '"LIST"', '"__proto__"', '[]', '{}', 'true', '"Kind"'];
    let refused = 0;

    fc.assert(
      fc.property(fc.nat(places.length - 1), fc.constantFrom(...values), (place, value) => {
        const { index = 0, 0: found = '' } = places[place] ?? {};
        const changed = text.slice(0, index) + value + text.slice(index + found.length);
        let read: ReturnType<typeof readIntrospection>;
        try {
          read = readIntrospection(Buffer.from(changed));
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          refused += 1;
          return;
        }
        if (read) touch(buildPacked(new PackedSchema(read.packed)));
      }),
      { numRuns: 1_500 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  test('one that would fill the memory is refused before it is read', () => {
    const deep = `${'['.repeat(9e6)}${']'.repeat(9e6)}`;

    expect(() => readIntrospection(Buffer.from(deep))).toThrow('too large');
  });
});

describe('the thread that reads schemas', () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const started: Worker[] = [];
  const note = (worker: Worker) => void started.push(worker);
  beforeEach(() => {
    lines.length = 0;
    started.length = 0;
    process.on('worker', note);
  });
  afterEach(() => {
    process.off('worker', note);
  });
  const readerOf = (options: Partial<SchemaReaderOptions> = {}) =>
    createSchemaReader({ log, smallBytes: 0, ...options });
  const file = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const answer = answerOf(buildSchema(SDL));

  test('is one for many answers, in turn, and reads them as the main thread does', async () => {
    const reader = readerOf();

    const found = await Promise.all([
      reader.read(answer),
      reader.read(answerOf(buildSchema(many(50)))),
      reader.read(answer),
    ]);

    expect(found.map((each) => each?.digest)).toEqual([read(SDL).digest, read(many(50)).digest, read(SDL).digest]);
    expect(found[0]?.packed.equals(read(SDL).packed)).toBe(true);
    expect(started).toHaveLength(1);
    await reader.close();
  });

  test('reads a tenant of a thousand types, once for all that are on its release', async () => {
    const sdl = many(1_000);
    await using stub = await startErpStub({ acme: { sdl }, globex: { sdl } });
    const erp = stub.erp();

    const shown = () => Promise.all(['acme', 'globex'].map((tenant) => erp.schemaOf(tenant).catch(() => undefined)));
    await expect.poll(shown).not.toContain(undefined);
    const [acme, globex] = await shown();

    expect(acme?.digest).toBe(read(sdl).digest);
    expect(acme?.schema.getType('Item999')).toBeDefined();
    expect(globex?.schema).toBe(acme?.schema);
    expect(started).toHaveLength(1);
  });

  test('is not started for what is small', async () => {
    const reader = createSchemaReader({ log });

    expect((await reader.read(answer))?.digest).toBe(read(SDL).digest);
    expect(started).toHaveLength(0);
  });

  test('ends when there is nothing to do, and starts again', async () => {
    const reader = readerOf({ idleMs: 1 });

    await reader.read(answer);
    await expect.poll(() => started[0]?.threadId).toBe(-1);
    const again = await reader.read(answer);

    expect(again?.digest).toBe(read(SDL).digest);
    expect(started).toHaveLength(2);
    await reader.close();
  });

  test('survives garbage', async () => {
    const reader = readerOf();

    const garbage = Promise.allSettled([
      reader.read(Buffer.from('{"data":{')),
      reader.read(Buffer.from('{"data":{"__schema":{"types":[1]}}}')),
      reader.read(Buffer.alloc(300_000, 0xff)),
    ]);

    expect((await garbage).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await reader.read(answer))?.digest).toBe(read(SDL).digest);
    expect(started).toHaveLength(1);
    await reader.close();
  });

  test('cannot be started: schemas are read all the same, and the log says so', async () => {
    const reader = readerOf({ worker: new URL('file:///there/is/none.ts') });

    expect((await reader.read(answer))?.digest).toBe(read(SDL).digest);
    expect(lines.join()).toContain('cannot be started');
    await reader.close();
  });

  test('dies while it reads: that answer fails, the next one gets a new thread', async () => {
    const worker = file(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ([first]) => first === 1 ? process.exit(3) : parentPort.postMessage({ kind: 'none' }));
      parentPort.postMessage({ kind: 'ready' });
    `);
    const reader = readerOf({ worker });

    await expect(reader.read(Buffer.of(1))).rejects.toThrow('ended');
    await expect(reader.read(Buffer.of(2))).resolves.toBeUndefined();
    await reader.close();
  });

  test('takes too long: given up, and what waits behind it is read', async () => {
    const worker = file(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ([first]) => { for (;;) if (first !== 1) break; parentPort.postMessage({ kind: 'none' }); });
      parentPort.postMessage({ kind: 'ready' });
    `);
    const reader = readerOf({ worker, timeLimitMs: 500 });

    const [stuck, next] = await Promise.allSettled([reader.read(Buffer.of(1)), reader.read(Buffer.of(2))]);

    expect([stuck?.status, next?.status]).toEqual(['rejected', 'fulfilled']);
    await expect.poll(() => started[0]?.threadId).toBe(-1);
    await reader.close();
  });

  test('more answers wait than it may keep: the rest is refused; at the end all are', async () => {
    const reader = readerOf({ maxWaiting: 2 });

    const all = Promise.allSettled(Array.from({ length: 5 }, () => reader.read(answer)));
    await expect.poll(() => started.length).toBe(1);
    await reader.close();

    const reasons = (await all).map((each) => (each.status === 'rejected' ? String(each.reason) : ''));
    expect(reasons.filter((reason) => reason.includes('too many'))).toHaveLength(2);
    expect(reasons.filter((reason) => reason !== '')).toHaveLength(5);
    await expect.poll(() => started[0]?.threadId).toBe(-1);
  });
});

describe('schemas that are let go', () => {
  const log = pino({ level: 'silent' });
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-schemas-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const storeIn = (path: string) => createSnapshotStore({ folder: path, identityOf: (tenant) => tenant, log });
  /** Tenants `a`, `b` and so on, each with a schema of a hundred types of its own, and room for two. */
  function registryOf(tenants: string, options: Partial<SchemaRegistryOptions> = {}) {
    const asked: string[] = [];
    const registry = createSchemaRegistry({
      tenants: [...tenants],
      introspect: async (tenant) => {
        asked.push(tenant);
        return answerOf(buildSchema(many(100, tenant.toUpperCase())));
      },
      refreshMs: 900_000,
      snapshots: storeIn(folder),
      maxTypes: 250,
      log,
      now: Date.now,
      ...options,
    });
    return { registry, asked };
  }

  test('the one used longest ago goes first, and comes back from its snapshot', async () => {
    const { registry, asked } = registryOf('abc');
    const first = await registry.get('a');
    await registry.get('b');
    await registry.get('a');

    await registry.get('c');
    expect(['a', 'b', 'c'].filter((tenant) => registry.peek(tenant))).toEqual(['a', 'c']);
    expect(registry.status('b')).toMatchObject({ state: 'ready', digest: expect.any(String) });
    const again = await registry.get('b');

    expect(again.digest).toBe(registry.status('b').digest);
    expect(again.schema.getType('B99')).toBeDefined();
    expect(first.schema.getType('A99')).toBeDefined();
    expect(asked).toEqual(['a', 'b', 'c']);
    await registry.close();
  });

  test('a refresh in the background confirms it and does not bring it back', async () => {
    const { registry, asked } = registryOf('abc', { refreshMs: 60 });
    for (const tenant of 'abc') await registry.get(tenant);
    const { digest, confirmedAt = 0 } = registry.status('a');

    await expect.poll(() => asked.filter((tenant) => tenant === 'a').length).toBeGreaterThan(1);
    await expect.poll(() => registry.status('a').confirmedAt).toBeGreaterThan(confirmedAt);

    expect(registry.peek('a')).toBeUndefined();
    expect(registry.status('a')).toMatchObject({ state: 'ready', digest });
    await registry.close();
  });

  test('one that was added is not refreshed when nobody has asked for it within a day, and again once somebody does', async () => {
    let at = 0;
    const { registry, asked } = registryOf('a', { refreshMs: 60, isAdded: (tenant) => tenant === 'b', now: () => at });
    const timesOf = (tenant: string) => asked.filter((each) => each === tenant).length;
    const further = async (tenant: string) => {
      const before = timesOf(tenant);
      await expect.poll(() => timesOf(tenant)).toBeGreaterThan(before + 1);
    };
    await registry.get('a');
    const { digest } = await registry.get('b');

    await further('b');
    at = 24 * 3600_000 + 1;
    await further('a');
    const left = timesOf('b');
    await further('a');
    const stillLeft = timesOf('b');
    const again = await registry.get('b');

    expect(stillLeft).toBe(left);
    expect(again.digest).toBe(digest);
    await further('b');
    await registry.close();
  });

  test.each([
    ['without snapshots', { snapshots: undefined }],
    ['whose snapshot is gone', {}],
  ])('%s: the tenant is asked again', async (_what, options) => {
    const { registry, asked } = registryOf('abc', options);
    for (const tenant of 'abc') await registry.get(tenant);
    // They are written behind the answer.
    const written = () =>
      readdir(join(folder, 'tenants')).then(
        (names) => names.filter((name) => name.endsWith('.json')),
        () => [],
      );
    if (!('snapshots' in options)) await expect.poll(written).toHaveLength(3);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });

    const { schema } = await registry.get('a');

    expect(schema.getType('A99')).toBeDefined();
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
    await registry.close();
  });

  test('one that is larger than there is room for is kept while it is the last', async () => {
    const { registry } = registryOf('ab', { maxTypes: 10 });

    expect((await registry.get('a')).schema).toBe((await registry.get('a')).schema);
    await registry.get('b');

    expect(registry.peek('a')).toBeUndefined();
    await registry.close();
  });

  test('after a restart the answer that was read before is not read again, and another one is', async () => {
    const read: string[] = [];
    const counting = (tag: string): SchemaReader => {
      const reader = createSchemaReader({ log });
      const note = (answer: Buffer) => {
        read.push(tag);
        return reader.read(answer);
      };
      return { ...reader, read: note };
    };
    const { registry: first } = registryOf('a', { reader: counting('first') });
    await first.get('a');
    await first.close();

    const { registry: same, asked } = registryOf('a', { reader: counting('same') });
    await same.get('a');
    await expect.poll(() => same.status('a').state).toBe('ready');
    await same.close();
    const introspect = async () => answerOf(buildSchema(many(100, 'B')));
    const { registry: upgraded } = registryOf('a', { reader: counting('upgraded'), introspect });
    await upgraded.refresh('a');

    expect(asked).toEqual(['a']);
    expect(read).toEqual(['first', 'upgraded']);
    expect((await upgraded.get('a')).schema.getType('B99')).toBeDefined();
    await upgraded.close();
  });

  test('many at once for one that was let go: it is unpacked once', async () => {
    const { registry } = registryOf('abc');
    for (const tenant of 'abc') await registry.get(tenant);

    const all = await Promise.all(Array.from({ length: 20 }, () => registry.get('a')));

    expect(new Set(all.map(({ schema }) => schema)).size).toBe(1);
    await registry.close();
  });

  test('its memory is given back once nobody works with it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { registry } = registryOf('abc');
    const first = new WeakRef((await registry.get('a')).schema);
    await registry.get('b');

    await registry.get('c');

    await expect.poll(() => [collect(), first.deref()][1]).toBeUndefined();
    await registry.close();
  });

  test.each([
    ['half a file', (content: Buffer) => content.subarray(0, content.length / 2)],
    ['something else', () => Buffer.from('{}')],
    ['a file of another release', (content: Buffer) => content.fill(9, 4, 8)],
  ])('%s for a snapshot is not used, and is written again', async (_what, spoil) => {
    const { gzipSync } = await import('node:zlib');
    const { registry: first } = registryOf('a');
    const { digest } = await first.get('a');
    await first.close();
    const file = join(folder, `${digest}.schema.gz`);
    await writeFile(file, gzipSync(spoil(Buffer.from(read(many(100, 'A')).packed))));

    const { registry: second, asked } = registryOf('a');
    expect((await second.get('a')).digest).toBe(digest);
    await second.close();

    expect(asked).toEqual(['a']);
    const third = await storeIn(folder).load('a');
    expect(await third?.read()).toEqual(read(many(100, 'A')).packed);
    expect(new Set(await readdir(folder))).toEqual(new Set([`${digest}.schema.gz`, 'tenants']));
  });
});

const TENANT = 'type Package { name: String } type Query { xtremMasterData: Package }';

test('what is known of a schema is told at once: it is coming, there, or missing', async () => {
  await using stub = await startErpStub({ acme: { sdl: TENANT }, globex: { sdl: TENANT }, initech: { sdl: TENANT } });
  const erp = stub.erp();
  stub.tenant('acme').misbehave({ status: 503 });
  stub.tenant('initech').misbehave('never');

  const [hanging, good] = [erp.lookUpSchema('initech'), erp.lookUpSchema('globex')];

  expect([hanging.kind, good.kind]).toEqual(['coming', 'coming']);
  const { digest } = good.kind === 'coming' ? await good.done : { digest: '' };
  expect(erp.lookUpSchema('globex')).toMatchObject({ kind: 'there', current: { digest } });
  await erp.schemaOf('acme').catch(() => {});
  expect(erp.lookUpSchema('acme')).toMatchObject({ kind: 'missing', error: { code: 'UPSTREAM_UNAVAILABLE' } });
  expect(erp.lookUpSchema('initech').kind).toBe('coming');
});

test('metrics tell how old each tenant’s schema is, and whose refresh failed', async () => {
  await using stub = await startErpStub({ acme: { sdl: TENANT }, globex: { sdl: TENANT } });
  const erp = stub.erp();
  const registry = new Registry();
  createErpMetrics(registry, erp, () => Date.now() + 90_000);
  stub.tenant('globex').misbehave({ status: 503 });
  await Promise.allSettled([erp.schemaOf('acme'), erp.schemaOf('globex')]);

  const before = await registry.metrics();
  stub.tenant('acme').misbehave({ status: 503 });
  await erp.refreshSchema('acme').catch(() => {});
  const after = await registry.metrics();

  expect(before).toMatch(/gateway_erp_schema_age_seconds{tenant="acme"} 9\d/);
  expect(before).not.toMatch(/gateway_erp_schema_age_seconds{tenant="globex"}/);
  expect(before).toContain('gateway_erp_schema_refresh_failed{tenant="acme"} 0');
  expect(before).toContain('gateway_erp_schema_refresh_failed{tenant="globex"} 1');
  expect(after).toMatch(/gateway_erp_schema_age_seconds{tenant="acme"} 9\d/);
  expect(after).toContain('gateway_erp_schema_refresh_failed{tenant="acme"} 1');
});
