import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import {
  type Asked,
  ask,
  type Caller,
  type ConsentWorld,
  type ConsentWorldOptions,
  codesOf,
  hasData,
  ROWS,
  startConsentWorld,
  WHO,
} from './consent-world.ts';

/** What every process is promised to know of a consent's end. */
const KNOWN_WITHIN_MS = 2_000;
/** As long as Sage takes for what is under way: far longer than anybody may still be answered with data. */
const UPSTREAM_MS = 20_000;

/** Wrong credentials, and wrong ones once too often. */
const REFUSED = [401, 429];

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());

const KINDS: readonly [string, () => Promise<ConsentWorldOptions>][] = [
  ['two gateways on one PostgreSQL', async () => ({ vaultUrl: await postgres.createDatabase() })],
  ['two workers on SQLite', async () => ({ workers: 2 })],
];

/** Asks at every gateway, as every caller, again and again. */
function keepAsking(world: ConsentWorld, callers: Readonly<Record<string, Caller>>, query: string) {
  const asked: (Asked & { readonly who: string; readonly url: string })[] = [];
  let stopped = false;
  const loops = world.urls.flatMap((url) =>
    Object.entries(callers).map(async ([who, caller]) => {
      while (!stopped) {
        asked.push({ ...(await ask(url, caller, query)), who, url });
        // Between two questions.
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }),
  );
  const stop = async () => {
    stopped = true;
    await Promise.all(loops);
    return asked;
  };
  return { asked, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** Until every gateway has served each of them: then all know the consent, and some have its token. */
const served = (world: ConsentWorld, callers: Readonly<Record<string, Caller>>) =>
  expect
    .poll(async () => {
      const answers = await Promise.all(
        world.urls.flatMap((url) => Object.values(callers).map((caller) => ask(url, caller, ROWS))),
      );
      return answers.every(hasData);
    })
    .toBe(true);

describe.each(KINDS)('with %s', (_, options) => {
  test('a disconnect reaches every process and caller within 2 s, even requests in progress', {
    timeout: 180_000,
  }, async () => {
    await using world = await startConsentWorld(await options());
    const alice = { browser: await world.connect('alice') };
    const callers = { ...world.callers, alice };
    await served(world, callers);
    await using asking = keepAsking(world, callers, ROWS);
    world.sandbox.sage200.fault({ kind: 'delay', delayMs: UPSTREAM_MS, match: '/suppliers', times: 0 });
    const slow = '{ sage200 { suppliers(first: 1) { nodes { name } } } }';
    const underWay = world.urls.flatMap((url) => Object.values(callers).map((caller) => ask(url, caller, slow)));
    await expect
      .poll(() => world.sandbox.sage200.requests().filter(({ path }) => path.includes('/suppliers')).length)
      .toBeGreaterThan(0);

    expect(await world.disconnect()).toMatchObject({ disconnected: true, revoked: true });
    const endedAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, KNOWN_WITHIN_MS + 1_500));
    const asked = await asking.stop();
    const late = await Promise.all(underWay);

    expect(asked.some((each) => each.at < endedAt && hasData(each))).toBe(true);
    const isLate = ({ from }: Asked) => from > endedAt + KNOWN_WITHIN_MS;
    expect(asked.filter((each) => isLate(each) && hasData(each))).toEqual([]);
    // The process that ended it begins nothing more.
    if (world.urls.length > 1)
      expect(asked.filter((each) => each.url === world.urls[0] && each.from > endedAt && hasData(each))).toEqual([]);
    // None waited for Sage: what was under way was given up.
    expect(late.filter(hasData)).toEqual([]);
    for (const each of [...late, ...asked]) expect(each.at - endedAt).toBeLessThan(UPSTREAM_MS);
    const refused = asked.filter(isLate);
    for (const who of ['key', 'jwt'])
      expect(new Set(refused.filter((each) => each.who === who).flatMap(codesOf))).toEqual(new Set(['NEEDS_CONSENT']));
    for (const { status } of refused.filter(({ who }) => who === 'alice')) expect(REFUSED).toContain(status);
  });

  test("after another person's consent nobody sees a byte of the first one's, and the first one's session is over", {
    timeout: 180_000,
  }, async () => {
    await using world = await startConsentWorld(await options());
    const bob = { browser: await world.connect('bob') };
    const callers = { ...world.callers, bob };
    await served(world, callers);
    await using asking = keepAsking(world, callers, WHO);

    await world.disconnect();
    const alice = { browser: await world.connect('alice') };
    const connectedAt = performance.now();
    await using asAlice = keepAsking(world, { alice }, WHO);
    await expect
      .poll(() => asking.asked.filter((each) => each.who !== 'bob' && JSON.stringify(each).includes('alice@')).length)
      .toBeGreaterThan(10);
    await new Promise((resolve) => setTimeout(resolve, KNOWN_WITHIN_MS));
    const asked = [...(await asking.stop()), ...(await asAlice.stop())];

    const ofBob = asked.filter((each) => JSON.stringify(each.answer).includes('bob@'));
    expect(ofBob.length).toBeGreaterThan(0);
    expect(ofBob.filter(({ from }) => from > connectedAt + KNOWN_WITHIN_MS)).toEqual([]);
    expect(ofBob.filter(({ who }) => who === 'alice')).toEqual([]);
    // Never half and half: whoever the user is, the companies are theirs.
    for (const { answer } of asked.filter(hasData)) {
      const isBob = JSON.stringify(answer).includes('bob@');
      expect(answer.data.sage200.sites.nodes).toHaveLength(isBob ? 1 : 2);
    }
    expect(asked.filter((each) => each.who === 'bob' && JSON.stringify(each).includes('alice@'))).toEqual([]);
    const ended = await Promise.all(world.urls.map((url) => ask(url, bob, WHO)));
    for (const { status } of ended) expect(REFUSED).toContain(status);
    expect(asked.some(({ who, status }) => who === 'bob' && status === 401)).toBe(true);
    const other = await ask(world.urls.at(-1) ?? '', alice, WHO);
    expect(other.answer.data.sage200.currentUser.logonName).toContain('alice');
  });
});
