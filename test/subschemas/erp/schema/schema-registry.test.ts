import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildSchema } from 'graphql';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createErpMetrics } from '../../../../src/subschemas/erp/erp-metrics.ts';
import { createSchemaReader, type SchemaReader } from '../../../../src/subschemas/erp/schema/schema-reader.ts';
import {
  createSchemaRegistry,
  type SchemaRegistryOptions,
} from '../../../../src/subschemas/erp/schema/schema-registry.ts';
import { createSnapshotStore } from '../../../../src/subschemas/erp/schema/snapshot-store.ts';
import { startErpStub } from '../erp-stub.ts';
import { answerOf, many, read } from './introspections.ts';

describe('released schemas', () => {
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

  test('the one used longest ago is released first, and comes back from its snapshot', async () => {
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

  test('an added one is not refreshed after a day without use, but again once it is used', async () => {
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

  test('one that is larger than the limit is kept while it is the last', async () => {
    const { registry } = registryOf('ab', { maxTypes: 10 });

    expect((await registry.get('a')).schema).toBe((await registry.get('a')).schema);
    await registry.get('b');

    expect(registry.peek('a')).toBeUndefined();
    await registry.close();
  });

  test('after a restart an answer that was read before is not read again, but a different one is', async () => {
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

  test('concurrent requests for a released one: it is unpacked once', async () => {
    const { registry } = registryOf('abc');
    for (const tenant of 'abc') await registry.get(tenant);

    const all = await Promise.all(Array.from({ length: 20 }, () => registry.get('a')));

    expect(new Set(all.map(({ schema }) => schema)).size).toBe(1);
    await registry.close();
  });

  test('its memory is released once it is no longer used', async () => {
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
  ])('%s in place of a snapshot is not used, and is overwritten', async (_what, spoil) => {
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

test('the state of a schema is reported at once: loading, available or missing', async () => {
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

test('metrics show how old each tenant’s schema is, and whose refresh failed', async () => {
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
