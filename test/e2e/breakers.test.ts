import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Passage, passOn, type Relay } from '../support/relay.ts';
import { type RelayedWorld, startRelayedWorld } from '../support/relayed-gateway.ts';
import { type Answer, type TestGateway, warmUp } from '../support/test-gateway.ts';

const BREAKER = { window: 4, least: 4, failures: 0.5, pause: '1h' };
const keys = { alice: createApiKey('alice'), bob: createApiKey('bob') };

let world: RelayedWorld;

beforeAll(async () => {
  world = await startRelayedWorld({ customers: 20, companies: 3 });
});

beforeEach(() => {
  for (const relay of [world.sage200, world.erp]) relay.behave();
});

afterAll(() => world[Symbol.asyncDispose]());

interface Given {
  readonly breaker?: unknown;
  readonly sage200?: Record<string, unknown>;
  readonly metrics?: Registry;
}

/** Alice and Bob have a connection each; without a key, callers have another one. */
async function start({ breaker = BREAKER, sage200 = {}, metrics = new Registry() }: Given = {}): Promise<TestGateway> {
  const tenants = ['acme', 'globex'];
  const gateway = await world.start({
    metrics,
    connections: { alice: 'alice', bob: 'bob' },
    edit(file) {
      file['sage200'] = { ...file['sage200'], breaker, deadline: '20s', ...sage200 };
      file['erp'] = { ...file['erp'], breaker, deadline: '20s' };
      const apiKeys = Object.entries(keys).map(([name, { sha256 }]) => ({
        name,
        sha256,
        connection: name,
        companies: 'all',
        tenants,
        defaultTenant: 'acme',
      }));
      file['callers'] = { ...file['callers'], apiKeys };
    },
  });
  await warmUp(gateway);
  return gateway;
}

const as = ({ key }: { readonly key: string }, more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${key}`, ...more },
});

const SAGE200 = '{ sage200 { customers(first: 1) { nodes { reference } } } }';
const TENANT = '{ xtremMasterData { customer { query(first: 1) { edges { node { id } } } } } }';
const CREATE =
  'mutation { sage200 { createCustomer(input: { reference: "BRK1", name: "Broken" }) { customer { reference } } } }';
const CREATE_THERE = 'mutation { xtremMasterData { customer { create(data: { id: "BRK1" }) { id } } } }';
const STATES = '{ gateway { tenants { name breaker } connections { name breaker } } }';

interface Side {
  readonly relay: () => Relay;
  readonly source: string;
  readonly read: string;
  readonly write: string;
}

const SIDES: readonly (readonly [name: string, side: Side])[] = [
  ['Sage 200', { relay: () => world.sage200, source: 'sage200', read: SAGE200, write: CREATE }],
  ['a tenant', { relay: () => world.erp, source: 'erp:acme', read: TENANT, write: CREATE_THERE }],
];

const codesOf = ({ errors = [] }: Answer) => errors.map(({ extensions: { code, source } }) => `${code} ${source}`);

/** What is asked there is treated so, but for requests for tokens and lists of companies. */
function behave(relay: Relay, behaviour: (passage: Passage) => void | Promise<void>): void {
  relay.behave((passage) => (/token|\/sites/.test(passage.request.url ?? '') ? passOn(passage) : behaviour(passage)));
}

const answer =
  (status: number) =>
  ({ response }: Passage) =>
    void response.writeHead(status).end();

/** Asks until the breaker is open; what fails does so in each way by turns. */
async function open({ query }: TestGateway, { relay, read }: Side): Promise<void> {
  const ways = [answer(500), ({ request }: Passage) => void request.socket.destroy(), answer(503), answer(504)];
  for (const way of ways) {
    behave(relay(), way);
    expect((await query(read)).errors).toHaveLength(1);
  }
}

describe('an upstream that keeps failing', () => {
  const metrics = new Registry();
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await start({ metrics });
    for (const [, side] of SIDES) await open(gateway, side);
  });

  afterAll(() => gateway.close());

  test.each(SIDES)('gets no more requests, and the error says when it will: %s', async (_, side) => {
    const before = side.relay().requests.length;
    const answers = [await gateway.query(side.read), await gateway.query(side.write)];

    for (const { errors } of answers)
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE', source: side.source, retryAfter: 3_600 }),
      ]);
    expect(side.relay().requests.length).toBe(before);
  });

  test('does not affect other sites and tenants', async () => {
    const [here] = world.sandbox.companies;
    const elsewhere = world.sandbox.companies.find(({ siteId }) => siteId !== here?.siteId);
    const headers = { 'x-site': elsewhere?.siteId ?? '', 'x-company': String(elsewhere?.companyId) };

    expect(codesOf(await gateway.query(SAGE200, { headers }))).toEqual([]);
    expect(codesOf(await gateway.query(TENANT, { headers: { 'x-tenant': 'globex' } }))).toEqual([]);
  });

  test('is visible in the graph and in metrics', async () => {
    const { data } = await gateway.query(STATES);
    const text = await metrics.metrics();

    expect(data.gateway.tenants).toEqual([
      { name: 'acme', breaker: 'OPEN' },
      { name: 'globex', breaker: 'CLOSED' },
    ]);
    expect(data.gateway.connections).toEqual([{ name: 'sandbox', breaker: 'OPEN' }]);
    expect((await gateway.query(STATES, as(keys.bob))).data.gateway.connections).toEqual([
      { name: 'bob', breaker: 'CLOSED' },
    ]);
    expect(text).toContain('gateway_breaker_open{source="sage200"} 1');
    expect(text).toContain('gateway_breaker_open{source="erp:acme"} 1');
    expect(text).toContain('gateway_breaker_open{source="erp:globex"} 0');
    expect(text).toMatch(/gateway_breaker_refusals_total\{source="sage200"\} [1-9]/);
  });
});

describe('after the pause', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await start({ breaker: { ...BREAKER, pause: '100ms' } });
  });

  afterAll(() => gateway.close());

  test.each(SIDES)('one read tries again, and everything works again: %s', async (_, side) => {
    await open(gateway, side);
    side.relay().behave();
    while (codesOf(await gateway.query(side.read)).length > 0);

    expect(codesOf(await gateway.query(side.read))).toEqual([]);
  });

  test.each(SIDES)('a write is never the trial: a read goes first, then the write: %s', async (_, side) => {
    await open(gateway, side);
    const seen: string[] = [];
    let isBack = false;
    behave(side.relay(), (passage) => {
      const { request, body } = passage;
      seen.push(request.method === 'GET' || body.startsWith('{"query":"{') ? 'read' : 'write');
      return isBack ? passOn(passage) : answer(503)(passage);
    });
    const write = () => gateway.query(side.write);
    while (seen.length < 2) expect(codesOf(await write())).toEqual([`UPSTREAM_UNAVAILABLE ${side.source}`]);
    expect(seen).toEqual(['read', 'read']);
    isBack = true;
    while (!seen.includes('write')) await write();

    expect(seen).toEqual(['read', 'read', 'read', 'write']);
  });
});

test('refusals do not count', async () => {
  await using gateway = await start();
  for (const [, side] of SIDES) {
    behave(side.relay(), answer(400));
    for (let times = 0; times < BREAKER.window; times += 1) await gateway.query(side.read);
    behave(side.relay(), answer(429));
    for (let times = 0; times < BREAKER.window; times += 1) await gateway.query(side.read);
    side.relay().behave();

    expect(codesOf(await gateway.query(side.read))).toEqual([]);
  }
});

describe('reads that hang', () => {
  const lines = { connections: 2, waiting: 3 };
  const hang = () => {};
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await start({ sage200: lines });
  });

  afterAll(() => gateway.close());

  /** Of one caller, each another read. */
  const readMany = (who: { readonly key: string }, count: number, signal?: AbortSignal) =>
    Array.from({ length: count }, (_, index) =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...as(who).headers },
        body: JSON.stringify({ query: `{ sage200 { customers(first: ${index + 2}) { nodes { reference } } } }` }),
        ...(signal && { signal }),
      }).then(async (response) => (await response.json()) as Answer),
    );

  test('delay no other connection; callers that find the queue full get an error', async () => {
    const left = new AbortController();
    // Who may read is found out before.
    for (const who of [keys.alice, keys.bob]) expect(codesOf(await gateway.query(SAGE200, as(who)))).toEqual([]);
    const before = world.sage200.requests.length;
    behave(world.sage200, hang);
    const hanging = readMany(keys.alice, lines.connections + lines.waiting, left.signal);
    const ended = Promise.allSettled(hanging);
    while (world.sage200.requests.length - before < lines.connections) await new Promise(setImmediate);
    // Those beyond it are turned away; which of them come last is chance.
    const more = await Promise.race(readMany(keys.alice, lines.connections + lines.waiting + 1, left.signal));
    expect(more.errors?.map(({ extensions }) => extensions)).toEqual([
      expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE', source: 'sage200', retryAfter: 1 }),
    ]);
    expect(world.sage200.requests.length - before).toBe(lines.connections);

    world.sage200.behave();
    expect(codesOf(await gateway.query(SAGE200, as(keys.bob)))).toEqual([]);
    // Those who leave make room again.
    left.abort();
    await ended;
    while (codesOf(await gateway.query(SAGE200, as(keys.alice))).length > 0);
    // And nobody who left has failed it.
    expect((await gateway.query(STATES, as(keys.alice))).data.gateway.connections).toEqual([
      { name: 'alice', breaker: 'CLOSED' },
    ]);
  });
});
