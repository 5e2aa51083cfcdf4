import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differenceOf } from './compare.ts';
import type { Behaviour } from './odd-upstream.ts';
import { numberOf } from './operations/choices.ts';
import { type Conversation, type Exchange, type Lane, type Pair, startPair } from './pair.ts';
import { bytesOf, requestKinds } from './request-kinds.ts';
import { toRequest } from './run-case.ts';

let pair: Pair;
let lanes: readonly Lane[];
let countsAtStart: readonly ReadonlyMap<string, number>[];

beforeAll(async () => {
  pair = await startPair();
  lanes = [pair.planned, pair.general];
  countsAtStart = await Promise.all(lanes.map(countsOf));
});

afterAll(async () => {
  await pair?.[Symbol.asyncDispose]();
});

/** Documents of each kind of plan; `first: 3` may be made a variable. The name makes it one that nobody has asked yet. */
const DOCUMENTS: Readonly<Record<string, (name: string) => string>> = {
  'Sage 200': (name) => `{ sage200 { customers(first: 3) { nodes { id ${name}: name } } } }`,
  'the ERP': (name) => `{ xtremMasterData { customer { query(first: 3) { edges { node { id ${name}: name } } } } } }`,
  both: (name) =>
    `{ sage200 { customers(first: 3) { nodes { ${name}: reference } } } xtremMasterData { item { query(first: 3) { totalCount } } } }`,
  'the gateway': (name) =>
    `{ ${name}: gateway { me { id kind } } __typename sage200 { customers(first: 3) { totalCount } } }`,
};

/** The other documents take the same way in as one of these: of them, one kind in three will do. */
const WHOLE: ReadonlySet<string> = new Set(['Sage 200', 'the ERP']);

describe('every kind of request gets the same answer with a plan and without', () => {
  test.each(Object.entries(DOCUMENTS))('about %s', { timeout: 180_000 }, async (source, documentOf) => {
    const { owner, reader } = pair.authorization;
    const all = requestKinds((name) => ({
      query: documentOf(aliasOf(name)),
      owner: String(owner),
      reader: String(reader),
    }));
    const kinds = all.filter((_, index) => WHOLE.has(source) || index % 3 === 0);

    const different: unknown[] = [];
    for (const { name, lines, ...speech } of kinds) {
      const plain = requestOf(documentOf(aliasOf(name)));
      const [planned, general] = await Promise.all(
        lanes.map(async ({ speak }) => {
          const cold = await speak(speech, lines);
          for (let times = 0; times < 2; times += 1) await speak({ parts: [plain], answers: 1 });
          return { cold, warm: await speak(speech, lines), again: await speak(speech, lines) };
        }),
      );
      expect(general?.cold.answers.length, name).toBeGreaterThan(0);
      for (const time of ['cold', 'warm', 'again'] as const) {
        const [one, other] = [planned?.[time], general?.[time]];
        if (!isDeepStrictEqual(one, other)) different.push({ name, time, planned: one, general: other });
      }
    }

    expect(all.length).toBeGreaterThan(200);
    expect(different).toEqual([]);
  });
});

describe('a client that leaves', () => {
  const QUERY = '{ sage200 { customers(first: 4) { nodes { name } } } }';

  /** The same, first unknown to both and then planned by one of them. */
  const twice = async (act: (lane: Lane) => Promise<Conversation>) => {
    const cold = await Promise.all(lanes.map(act));
    for (const { speak } of lanes) {
      for (let times = 0; times < 3; times += 1) {
        await speak({ parts: [requestOf(QUERY)], answers: 1 });
      }
    }
    return [cold, await Promise.all(lanes.map(act))];
  };

  test('in the middle of its request is recorded the same', async () => {
    const parts = [requestOf(QUERY).subarray(0, -5)];

    for (const [planned, general] of await twice(({ speak }) => speak({ parts, answers: 0 }, 1))) {
      expect(planned).toEqual(general);
    }
  });

  test('before its answer is recorded the same, and its upstream call ends', async () => {
    const parts = [requestOf(QUERY)];
    const leaveWhenAsked = async ({ speak, upstream }: Lane) => {
      const gate = upstream.hold(({ path }) => path.includes('/customers'));
      const before = upstream.givenUp;
      const conversation = await speak({ parts: [...parts, gate.reached], answers: 0 }, 1);
      await expect.poll(() => upstream.givenUp).toBe(before + 1);
      gate.open();
      return conversation;
    };

    for (const [planned, general] of await twice(leaveWhenAsked)) {
      expect(planned).toEqual(general);
      expect(planned?.log[0]).toContain('"status":499');
      expect(planned?.upstream).toHaveLength(1);
    }
  });
});

/** What a gateway has counted so far, by series: requests, errors, operations. */
async function countsOf({ gateway }: Lane): Promise<ReadonlyMap<string, number>> {
  const headers = { authorization: String(pair.authorization.owner) };
  const text = await (await fetch(`${gateway.url}/metrics`, { headers })).text();
  const counts = text.matchAll(/^(gateway_\w+?(?:_count|_total)\{.*\}) (\d+)$/gm);
  return new Map([...counts].map(([, series = '', count]) => [series, Number(count)]));
}

test('both gateways have the same counts, and one of them has parsed far less', async () => {
  const [planned = new Map(), general = new Map()] = await Promise.all(
    lanes.map(async (lane, index) => {
      // How often they were asked until they were ready says nothing.
      const before = countsAtStart[index];
      return new Map(
        [...(await countsOf(lane))].map(([series, count]) => [series, count - (before?.get(series) ?? 0)]),
      );
    }),
  );

  // What has a plan is neither parsed nor checked again, and so not counted there.
  const others = (counts: ReadonlyMap<string, number>) =>
    Object.fromEntries([...counts].filter(([series]) => !/phase="(parse|validate)"/.test(series)));
  expect(others(planned)).toEqual(others(general));
  expect(Object.keys(others(planned)).length).toBeGreaterThan(10);
  expect(others(planned)['gateway_graphql_requests_total{type="query",result="ok"}']).toBeGreaterThan(10);
  const counted = (counts: ReadonlyMap<string, number>, phase: string) =>
    counts.get(`gateway_graphql_duration_seconds_count{phase="${phase}",type="query"}`);
  expect(counted(planned, 'validate')).toBeLessThan(Number(counted(general, 'validate')) * 0.75);
});

describe('an ERP tenant that no longer knows the gateway', () => {
  const DOCUMENTS_OF_ERP = ['the ERP', 'both'].map((name) => DOCUMENTS[name]?.('x') ?? '');

  test.each([401, 403, 404, 410, 408, 429])('with status %i', async (status) => {
    const all: [Exchange, Exchange][] = [];
    for (const query of DOCUMENTS_OF_ERP) {
      const request = toRequest(
        { source: query, method: 'POST', headers: {}, caller: 'owner', behaviour: {}, again: [] },
        pair,
      );
      const both = (behaviour: Behaviour) =>
        Promise.all([pair.planned.send(request, behaviour), pair.general.send(request, behaviour)]);
      const fault = { match: '/api', kind: 'status', status } as const;
      for (const behaviour of [{}, {}, { fault }, { fault }, {}]) all.push(await both(behaviour));
    }

    for (const [planned, general] of all) expect(differenceOf(planned, general)).toBeUndefined();
  });
});

// The last test: afterwards there are no gateways any more.
test('a gateway that stops answers requests in progress, and closes the connection', async () => {
  const QUERY = '{ sage200 { customers(first: 6) { nodes { name } } } }';
  const [planned, general] = await Promise.all(
    lanes.map(async ({ speak, upstream, gateway }) => {
      for (let times = 0; times < 3; times += 1) await speak({ parts: [requestOf(QUERY)], answers: 1 });
      const gate = upstream.hold(({ path }) => path.includes('/customers'));
      const answer = speak({ parts: [requestOf(QUERY)], answers: 1 });
      await gate.reached;
      const closed = gateway.close();
      gate.open();
      const conversation = await answer;
      await closed;
      return conversation;
    }),
  );

  expect(planned).toEqual(general);
  expect(planned?.answers[0]?.headers).toContain('connection: close');
});

const requestOf = (query: string): Buffer =>
  bytesOf({ body: JSON.stringify({ query }) }, String(pair.authorization.owner));

/** A GraphQL name made of any name. */
const aliasOf = (name: string): string => `k${numberOf(name).toString(36)}`;
