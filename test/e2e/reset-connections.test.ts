import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Passage, passOn, type Relay } from '../support/relay.ts';
import { type RelayedWorld, startRelayedWorld } from '../support/relayed-gateway.ts';
import { type TestGateway, warmUp } from '../support/test-gateway.ts';

let world: RelayedWorld;
let gateway: TestGateway;

beforeAll(async () => {
  world = await startRelayedWorld({ customers: 20 });
  gateway = await world.start({
    edit: (file) => {
      for (const section of ['sage200', 'erp']) file[section] = { ...file[section], breaker: 'off' };
    },
  });
  await warmUp(gateway);
});

afterEach(() => {
  for (const relay of [world.sage200, world.erp]) relay.behave();
});

afterAll(async () => {
  await gateway.close();
  await world[Symbol.asyncDispose]();
});

const SAGE200 = '{ sage200 { customers(first: 1) { nodes { reference } } } }';
const TENANT = '{ xtremMasterData { customer { query(first: 1) { edges { node { id } } } } } }';
const CREATE =
  'mutation { sage200 { createCustomer(input: { reference: "RST1", name: "Reset" }) { customer { id } } } }';
const CREATE_THERE = 'mutation { xtremMasterData { customer { create(data: { id: "RST1" }) { id } } } }';

/** Sockets that have carried an answer. */
const kept = new WeakSet<Socket>();

type Reset = (passage: Passage) => void;
const RESETS: readonly (readonly [name: string, reset: Reset])[] = [
  ['reset', ({ request }) => void request.socket.resetAndDestroy()],
  ['closed', ({ request }) => void request.socket.destroy()],
];

/** Passes on the first request of each connection, and treats each further one so. */
function resetKept(relay: Relay, reset: Reset): void {
  relay.behave(async (passage) => {
    const { socket } = passage.request;
    if (kept.has(socket)) return reset(passage);
    await passOn(passage);
    kept.add(socket);
  });
}

/** How often it was asked for a document, and the codes of all errors. */
async function ask(relay: Relay, document: string, times: number) {
  const before = relay.requests.length;
  const codes: unknown[] = [];
  for (let time = 0; time < times; time += 1) {
    const { errors = [] } = await gateway.query(document);
    codes.push(...errors.map(({ extensions }) => extensions['code']));
  }
  return { codes, requests: relay.requests.length - before };
}

describe.each(RESETS)('a kept connection that is %s before an answer', (_, reset) => {
  test.each([
    ['Sage 200', () => world.sage200, SAGE200],
    ['a tenant', () => world.erp, TENANT],
  ])('costs a read of %s only one more request', async (_name, relayOf, document) => {
    await ask(relayOf(), document, 1);
    resetKept(relayOf(), reset);
    // The first one finds a connection of before, which is passed on once.
    const { codes, requests } = await ask(relayOf(), document, 51);

    expect(codes).toEqual([]);
    expect(requests).toBe(1 + 2 * 50);
  });

  test.each([
    ['Sage 200', () => world.sage200, SAGE200, CREATE],
    ['a tenant', () => world.erp, TENANT, CREATE_THERE],
  ])('makes the outcome of a write to %s unknown, and it is not sent again', async (_name, relayOf, read, write) => {
    await ask(relayOf(), read, 1);
    relayOf().behave(reset);

    expect(await ask(relayOf(), write, 1)).toEqual({ codes: ['OUTCOME_UNKNOWN'], requests: 1 });
  });

  test('is an outage if the new one fails too', async () => {
    await ask(world.sage200, SAGE200, 1);
    world.sage200.behave(reset);

    // The kept one and a fresh one; then fresh ones only, of which none is tried again.
    expect(await ask(world.sage200, SAGE200, 1)).toEqual({ codes: ['UPSTREAM_UNAVAILABLE'], requests: 2 });
    expect(await ask(world.sage200, SAGE200, 2)).toEqual({
      codes: ['UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
      requests: 2,
    });
  });
});

test.each([
  ['once its answer has begun', (response: Passage['response']) => response.writeHead(200).flushHeaders()],
  ['in the middle of its answer', (response: Passage['response']) => response.writeHead(200).write('[{')],
])('a read that is cut %s is not sent again', async (_, begin) => {
  await ask(world.sage200, SAGE200, 1);
  world.sage200.behave(({ response, request }) => {
    begin(response);
    setImmediate(() => request.socket.destroy());
  });

  expect(await ask(world.sage200, SAGE200, 1)).toEqual({ codes: ['UPSTREAM_UNAVAILABLE'], requests: 1 });
});

test('nothing is sent again if retryReads is 0', async () => {
  await using without = await world.start({
    edit: (file) => {
      file['sage200'] = { ...file['sage200'], retryReads: 0 };
    },
  });
  await warmUp(without);
  await without.query(SAGE200);
  world.sage200.behave(({ request }) => void request.socket.destroy());
  const before = world.sage200.requests.length;
  const { errors } = await without.query(SAGE200);

  expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['UPSTREAM_UNAVAILABLE']);
  expect(world.sage200.requests.length - before).toBe(1);
});
