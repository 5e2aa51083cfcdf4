import { renameSync, truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres } from '../support/postgres.ts';
import { ask, codesOf, hasData, ROWS, startConsentWorld } from './consent-world.ts';

let world: Awaited<ReturnType<typeof startConsentWorld>>;
beforeAll(async () => {
  world = await startConsentWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Several gateways, one of which ends the consent while another is asked. */
const [HERE, THERE] = [0, 1];
const reached = (path: string, method = 'GET') =>
  expect
    .poll(() => world.sandbox.sage200.requests().some((each) => each.path.includes(path) && each.method === method))
    .toBe(true);

describe('a consent that ends while an operation runs', () => {
  test.each([
    ['where it was ended', HERE],
    ['elsewhere', THERE],
  ])(
    'lets a write in progress finish and be recorded, and its caller learns that the outcome is unknown: %s',
    async (_, at) => {
      await world.connect('alice');
      await expect.poll(async () => hasData(await ask(world.urls[at] ?? '', world.callers.key, ROWS))).toBe(true);
      world.sandbox.sage200.clearRequests();
      world.sandbox.sage200.fault({ kind: 'hold', match: '/customers', method: 'POST' });
      const create = `mutation { sage200 { createCustomer(input: { reference: "ENDED${at}", name: "Ended" }, idempotencyKey: "k${at}") { customer { name } userErrors { message } } } }`;
      const writing = ask(world.urls[at] ?? '', world.callers.key, create);
      await reached('/customers', 'POST');

      await world.disconnect(HERE);
      // Before Sage has answered it.
      const answered = await writing;
      world.sandbox.sage200.clearFaults();

      expect(codesOf(answered)).toEqual(['OUTCOME_UNKNOWN']);
      expect(answered.answer.errors?.[0]?.extensions['lookUp']).toMatchObject({ field: 'customers' });
      expect(hasData(answered)).toBe(false);
      const vault = await world.openVault();
      await expect
        .poll(async () => (await vault.audit.list({ kind: 'mutation' })).map(({ outcome }) => outcome).at(0))
        .toBe('DONE');
      await vault.close();
      // Another consent is another scope: the key is not that of the ended one.
      await world.connect('alice');
      await expect.poll(async () => hasData(await ask(world.urls[at] ?? '', world.callers.key, ROWS))).toBe(true);
      const again = await ask(world.urls[at] ?? '', world.callers.key, create.replaceAll(`ENDED${at}`, `AGAIN${at}`));
      expect(again.answer.data.sage200.createCustomer.customer).toEqual({ name: 'Ended' });
    },
  );

  test.each(['asked before, as a plan', 'asked for the first time'])(
    'discards what was read before, however long the tenant then takes: %s',
    async (how) => {
      await world.connect('alice');
      const both = (name: string) =>
        `{ sage200 { ${name}: customers(first: 1) { nodes { name } } } xtremMasterData { customer { query(first: 1) { totalCount } } } }`;
      const asked = both(how.startsWith('asked before') ? 'before' : 'now');
      for (let times = 0; times < 3; times += 1)
        expect(hasData(await ask(world.urls[HERE] ?? '', world.boss, both('before')))).toBe(true);
      world.sandbox.sage200.clearRequests();
      world.sandbox.erp.fault({ kind: 'hold', match: '/' });
      const asking = ask(world.urls[HERE] ?? '', world.boss, asked);
      await reached('/customers');
      // The answer of Sage is there: it is the tenant that keeps everybody waiting.
      await expect.poll(() => world.sandbox.sage200.requests().at(-1)?.status).toBe(200);
      await world.disconnect(HERE);
      world.sandbox.erp.clearFaults();

      const answered = await asking;

      expect(JSON.stringify(answered.answer.data.sage200)).not.toContain('"name"');
      expect(answered.answer.data.xtremMasterData.customer.query.totalCount).toBeGreaterThan(0);
      expect(codesOf(answered)).toEqual(['NEEDS_CONSENT']);
    },
  );
});

test('an administrator sees no companies of a connection that ended meanwhile, no matter whose it is', async () => {
  await world.connect('alice');
  const asked =
    '{ gateway { me { id } connections { name companies { name } } } xtremMasterData { customer { query(first: 1) { totalCount } } } }';
  await expect.poll(async () => codesOf(await ask(world.urls[HERE] ?? '', world.boss, asked))).toEqual([]);
  world.sandbox.erp.clearRequests();
  world.sandbox.erp.fault({ kind: 'hold', match: '/' });
  const asking = ask(world.urls[HERE] ?? '', world.boss, asked);
  await expect.poll(() => world.sandbox.erp.requests().length).toBeGreaterThan(0);
  await world.disconnect(HERE);
  world.sandbox.erp.clearFaults();

  const answered = await asking;

  expect(codesOf(answered)).toEqual(['NEEDS_CONSENT']);
  expect(answered.answer.data.gateway).toBeNull();
  expect(answered.answer.data.xtremMasterData.customer.query.totalCount).toBeGreaterThan(0);
});

test('the session of a disconnected person reads nothing and gives the name to nobody', async () => {
  const bob = await world.connect('bob');
  const cookies = [...bob.cookies(world.urls[HERE] ?? '')];
  await expect.poll(async () => hasData(await ask(world.urls[HERE] ?? '', { browser: bob }, ROWS))).toBe(true);
  // Begun while it was still theirs.
  const begun = await bob.open(`${world.urls[HERE]}/connect/sage200?connection=finance`);
  await world.disconnect(HERE);

  const late = await bob.open(await world.sandbox.sageId.signIn(begun.location ?? '', 'bob'));
  for (const [name, value] of cookies) bob.setCookie(world.urls[HERE] ?? '', name, value);
  const read = await ask(world.urls[HERE] ?? '', { browser: bob }, ROWS);
  const bound = await world.signIn('bob', bob);

  expect(late.status).toBe(403);
  expect(read.status).toBe(401);
  // Signing in again is for a connection that is there, and is still theirs.
  expect(bound.status).toBe(403);
  const vault = await world.openVault();
  expect(await vault.connections.read('finance')).toBeUndefined();
  await vault.close();
});

test('a person who signs in again keeps their session and number', async () => {
  const alice = await world.connect('alice');
  const vault = await world.openVault();
  const before = await vault.connections.read('finance');

  const other = await world.connect('alice');

  expect((await vault.connections.read('finance'))?.consent).toBe(before?.consent);
  await vault.close();
  for (const browser of [alice, other])
    expect(hasData(await ask(world.urls[HERE] ?? '', { browser }, ROWS))).toBe(true);
});

describe('a vault that is away', () => {
  test('is tolerated for staleAfter; after that nothing stored is used, and everything else continues', async () => {
    await using postgres = await startPostgres();
    await using away = await startConsentWorld({ vaultUrl: await postgres.createDatabase(), staleAfter: '3s' });
    const [url = ''] = away.urls;
    await away.connect('alice');
    await expect.poll(async () => hasData(await ask(url, away.boss, ROWS))).toBe(true);
    const tenant = '{ xtremMasterData { customer { query(first: 1) { totalCount } } } }';
    await ask(url, away.boss, tenant);

    await postgres.stop();
    await expect
      .poll(async () => (await ask(url, away.boss, ROWS)).answer.errors?.at(0)?.extensions)
      .toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' });

    // Neither from memory.
    expect(hasData(await ask(url, away.boss, '{ sage200 { sites { nodes { companyName } } } }'))).toBe(false);
    expect((await ask(url, away.boss, tenant)).answer.data.xtremMasterData.customer.query.totalCount).toBeGreaterThan(
      0,
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    await postgres.start();
    await expect.poll(async () => hasData(await ask(url, away.boss, ROWS))).toBe(true);
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
    await expect.poll(away.output).toContain('the vault answers again');
  });

  test.each([
    ['moved away', (path: string) => renameSync(path, `${path}.gone`), 'deleted or moved'],
    ['emptied', (path: string) => truncateSync(path), 'emptied'],
    ['cut short', (path: string) => truncateSync(path, 4_096), 'cut short'],
  ])('because its file was %s, makes the gateway not ready and is logged', async (_, harm, words) => {
    await using harmed = await startConsentWorld({ staleAfter: '2s' });
    const [url = ''] = harmed.urls;
    await harmed.connect('alice');
    await expect.poll(async () => hasData(await ask(url, harmed.boss, ROWS))).toBe(true);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    harm(harmed.config.config.vault.url.slice('sqlite:'.length));

    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
    await expect.poll(() => harmed.output()).toContain(words);
    await expect.poll(async () => codesOf(await ask(url, harmed.boss, ROWS))).toContain('UPSTREAM_UNAVAILABLE');
  });
});
