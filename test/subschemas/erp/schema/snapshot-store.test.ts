import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createSnapshotStore,
  type SnapshotStore,
  type SnapshotStoreOptions,
} from '../../../../src/subschemas/erp/schema/snapshot-store.ts';
import { many, read } from './introspections.ts';

describe('the schemas that a tenant has had', () => {
  const log = pino({ level: 'silent' });
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-history-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const releases = Array.from({ length: 30 }, (_, index) => read(many(2, `Release${index}x`)));
  const storeOf = (options: Partial<SnapshotStoreOptions> = {}) =>
    createSnapshotStore({ folder, identityOf: (tenant) => tenant, log, ...options });
  const show = (store: SnapshotStore, tenant: string, release: number, confirmedAt = release) => {
    const { digest = '', packed } = releases[release] ?? {};
    return store.save(tenant, { digest, packed, confirmedAt, answer: String(release) });
  };
  const seenIn = async (store: SnapshotStore, tenant: string) =>
    (await store.history?.(tenant))?.map(({ digest }) => releases.findIndex((each) => each.digest === digest));
  const keptIn = async (store: SnapshotStore, tenant: string) => {
    const contents = (await store.history?.(tenant))?.map(({ read }) => read());
    return (await Promise.all(contents ?? [])).map((content) => content !== undefined);
  };
  /** As if all files had been there for an hour: younger ones may be under way. */
  const age = async () => {
    const hourAgo = new Date(Date.now() - 3600_000);
    for (const name of await readdir(folder)) await utimes(join(folder, name), hourAgo, hourAgo);
  };

  test('are listed by the time they were first seen, each once, at most 24', async () => {
    const store = storeOf();
    for (const release of [0, 1, 0, 1, 0]) await show(store, 'acme', release);

    const few = await store.history?.('acme');
    for (let release = 2; release < 30; release += 1) await show(store, 'acme', release);

    expect(few?.map(({ seenAt, isCurrent }) => ({ seenAt, isCurrent }))).toEqual([
      { seenAt: 0, isCurrent: true },
      { seenAt: 1, isCurrent: false },
    ]);
    expect(await seenIn(store, 'acme')).toEqual(Array.from({ length: 24 }, (_, index) => index + 6));
  });

  test('stay readable within the space limit, the latest first; the current ones always', async () => {
    const first = storeOf();
    for (const release of [0, 1, 2, 3]) await show(first, 'acme', release);
    await show(first, 'globex', 0);
    await age();
    const { size } = await stat(join(folder, `${releases[2]?.digest}.schema.gz`));

    const second = storeOf({ mostPastBytes: Math.ceil(size * 1.5) });
    await show(second, 'acme', 4);
    await age();
    await show(storeOf({ mostPastBytes: Math.ceil(size * 1.5) }), 'acme', 5);

    expect(await seenIn(second, 'acme')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await keptIn(second, 'acme')).toEqual([true, false, false, false, true, true]);
    expect(await keptIn(second, 'globex')).toEqual([true]);
  });

  test('begin with the one that a release without history stored', async () => {
    const store = storeOf();
    await show(store, 'acme', 0);
    const file = join(folder, 'tenants/acme.json');
    const { seen, ...plain } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...plain, confirmedAt: 7 }));

    const before = await store.history?.('acme');
    await show(store, 'acme', 1, 9);

    expect(seen).toHaveLength(1);
    expect(before?.map(({ seenAt }) => seenAt)).toEqual([7]);
    expect((await store.history?.('acme'))?.map(({ seenAt }) => seenAt)).toEqual([7, 9]);
    expect(await keptIn(store, 'acme')).toEqual([true, true]);
  });

  test('do not include those of another tenant that had the name before, and are removed with their tenant', async () => {
    await show(storeOf({ identityOf: () => 'former' }), 'acme', 0);
    const store = storeOf();
    const foreign = await seenIn(store, 'acme');
    await show(store, 'acme', 1);
    await age();

    const own = await seenIn(store, 'acme');
    const later = storeOf({ identityOf: () => undefined });
    await later.remove?.('acme');

    expect([foreign, own]).toEqual([[], [1]]);
    expect(await readdir(folder)).toEqual(['tenants']);
    expect(await readdir(join(folder, 'tenants'))).toEqual([]);
  });

  test('are deleted if this gateway does not have the tenant, and nobody has confirmed it for a month', async () => {
    const store = storeOf();
    await show(store, 'gone', 0, Date.now() - 31 * 24 * 3600_000);
    await show(store, 'elsewhere', 1, Date.now());
    await show(store, 'acme', 2, 5);

    const later = storeOf({ identityOf: (tenant) => (tenant === 'acme' ? tenant : undefined) });
    await show(later, 'acme', 3, 6);

    expect(new Set(await readdir(join(folder, 'tenants')))).toEqual(new Set(['acme.json', 'elsewhere.json']));
  });
});
