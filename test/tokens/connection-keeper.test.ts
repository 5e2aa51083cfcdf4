import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import {
  createConnectionEvents,
  createConnectionKeeper,
  createConnections,
  createWebhook,
} from '../../src/tokens/index.ts';
import { startStubServer } from './stub-server.ts';
import { startWorld } from './world.ts';

const HOUR_MS = 3600_000;

test('an idle connection is renewed daily, with one warning ten days before its end', async () => {
  await using world = await startWorld();
  const events: string[] = [];
  const onEvent = ({ type }: { type: string }) => void events.push(type);
  const connections = createConnections({
    vault: world.vault,
    watch: world.createWatch(),
    client: world.client,
    log: world.log,
    onEvent,
    now: world.clock.now,
  });
  const tokensOf = async (name: string) => (await connections.identityOf(name))?.tokens;
  const keepers = [world.vault, await world.openVault()].map((vault) =>
    createConnectionKeeper({ vault, tokensOf, onEvent, log: world.log, now: world.clock.now }),
  );

  for (let hour = 0; hour < 91 * 24; hour += 6) {
    for (const keeper of keepers) await keeper.run();
    world.clock.pass(6 * HOUR_MS);
  }
  for (const keeper of keepers) await keeper.close();
  await connections.close();

  const renewals = world.sageId.requests.length;
  expect(renewals).toBeGreaterThanOrEqual(89);
  expect(renewals).toBeLessThanOrEqual(105);
  expect(events.filter((type) => type === 'expiring')).toHaveLength(1);
  expect(world.lines.filter((line) => line.includes('ends soon'))).toHaveLength(1);
});

test('failing, recovered and needs_consent are sent once each, signed and in order, and again if nobody listens', async () => {
  await using world = await startWorld();
  let down = 1;
  await using receiver = await startStubServer(() => {
    down -= 1;
    return { status: down >= 0 ? 503 : 204 };
  });
  const secret = new Secret('shared');
  const webhook = createWebhook({
    url: `${receiver.url}/events`,
    secret,
    send: world.http.send,
    connectUrlOf: (name) => `https://gateway.example/sign-in/${name}`,
    log: world.log,
    pausesMs: [10, 10],
  });
  const events = createConnectionEvents({ audit: world.vault.audit, webhook, log: world.log });
  const tokens = world.createSource({ onEvent: events.emit });
  world.sageId.troubleNext(...Array.from({ length: 3 }, () => ({ answer: { status: 503 } })));

  for (let round = 0; round < 4; round += 1) {
    await tokens.get().catch(() => {});
    world.clock.pass(60_000);
  }
  world.sageId.state.dead = true;
  world.clock.pass(10 * HOUR_MS);
  await tokens.get().catch(() => {});
  await expect.poll(() => receiver.requests.length).toBe(4);
  await events.close();

  const told = receiver.requests.slice(1);
  expect(told.map(({ body }) => JSON.parse(body).type)).toEqual(['failing', 'recovered', 'needs_consent']);
  expect(told.map(({ body }) => JSON.parse(body).connectUrl)).toEqual([
    undefined,
    undefined,
    expect.stringMatching(/^https:\/\/gateway\.example\/sign-in\/./),
  ]);
  expect(JSON.parse(receiver.requests[0]?.body ?? '').id).toBe(JSON.parse(told[0]?.body ?? '').id);
  const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(told[0]?.headers['x-gateway-signature'] ?? '') ?? [];
  const { createHmac } = await import('node:crypto');
  expect(digest).toBe(createHmac('sha256', 'shared').update(`${seconds}.${told[0]?.body}`).digest('hex'));
  expect((await world.vault.audit.list()).map(({ action }) => action).sort()).toEqual([
    'failing',
    'needs_consent',
    'recovered',
  ]);
});
