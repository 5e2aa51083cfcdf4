import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { GatewayError, Secret } from '../../src/kit/errors/index.ts';
import { startWorld, VAULT_KEY } from './world.ts';

const EIGHT_HOURS_MS = 8 * 3600_000;

const ODD_ANSWERS = [
  ['no refresh token', { refresh_token: undefined }, 'tok-rt-0', 28_800],
  ['an empty refresh token', { refresh_token: '' }, 'tok-rt-0', 28_800],
  ['expires_in as text', { expires_in: '7200' }, 'tok-rt-1', 7_200],
  ['no expires_in', { expires_in: undefined }, 'tok-rt-1', 3_600],
  ['a senseless expires_in', { expires_in: 'soon' }, 'tok-rt-1', 3_600],
  ['no token_type', { token_type: undefined }, 'tok-rt-1', 28_800],
  ['an id_token nobody can read', { id_token: 'a.b.c' }, 'tok-rt-1', 28_800],
] as const;

test.each(ODD_ANSWERS)('an answer with %s is accepted', async (_, changes, refreshToken, lifetimeS) => {
  await using world = await startWorld();
  world.sageId.troubleNext({ change: (answer) => ({ ...answer, ...changes }) });

  const token = await world.createSource().get();

  expect(token).toMatchObject({ issuedAt: world.clock.now(), expiresAt: world.clock.now() + lifetimeS * 1000 });
  expect((await world.stored()).refreshToken?.reveal()).toBe(refreshToken);
});

test('a shorter scope is stored as granted', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext({ change: (answer) => ({ ...answer, scope: 'openid' }) });

  await world.createSource().get();

  expect((await world.stored()).scope).toBe('openid');
});

test.each(['form', 'json'] as const)(
  'a refresh is sent as %s, with the secret in the body and the redirect address',
  async (bodyEncoding) => {
    const redirectUri = 'http://localhost:4000/connect/sage200/callback';
    await using world = await startWorld({ bodyEncoding, redirectUri, clientSecret: new Secret('shh') });

    await world.createSource().get();

    const [request] = world.sageId.requests;
    const body = request?.body ?? '';
    const fields: Record<string, string> =
      bodyEncoding === 'json' ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
    expect(fields).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'tok-rt-0',
      redirect_uri: redirectUri,
      client_id: 'gateway',
      client_secret: 'shh',
    });
    expect(request?.headers['authorization']).toBeUndefined();
  },
);

test('a public client sends its id and no secret', async () => {
  await using world = await startWorld();

  await world.createSource().get();

  const fields = new URLSearchParams(world.sageId.requests[0]?.body);
  expect([...fields.keys()].sort()).toEqual(['client_id', 'grant_type', 'refresh_token']);
});

test('no secret appears in an error, a log line or a printed object, whatever goes wrong', async () => {
  const marker = 'MARKER7f3a';
  await using world = await startWorld({ marker, clientSecret: new Secret(`${marker}-client-secret`) });
  const echo = {
    error: 'access_denied',
    error_description: `${marker}-client-secret`,
    refresh_token: `${marker}-rt-9`,
  };
  world.sageId.troubleNext(
    { answer: { status: 401, body: echo } },
    { answer: { status: 502, body: `<html>${marker}-rt-0</html>` } },
    { answer: { status: 200, body: `{"access_token": "${marker}-broken` } },
    { answer: { status: 200, body: { refresh_token: `${marker}-rt-8` } } },
    { change: (answer) => ({ ...answer, id_token: `${marker}.e30.x` }) },
    'cutAfter',
  );
  const tokens = world.createSource();
  const seen: unknown[] = [];

  for (let round = 0; round < 7; round += 1) {
    const outcome = await tokens.get().catch((error: unknown) => error);
    seen.push(outcome);
    if (outcome instanceof GatewayError) world.log.error({ err: outcome, cause: outcome.cause }, 'seen');
    world.clock.pass(EIGHT_HOURS_MS);
  }
  seen.push(await world.stored(), await world.vault.connections.list(), tokens, world.vault, world.client, VAULT_KEY);

  expect(seen.filter((each) => each instanceof GatewayError).length).toBeGreaterThan(3);
  const printed = [
    ...seen.map((each) => inspect(each, { depth: 20, showHidden: true })),
    JSON.stringify(seen),
    ...world.lines,
  ];
  expect(printed.filter((text) => text.includes(marker))).toEqual([]);
});
