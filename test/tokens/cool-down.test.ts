import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { failureOf } from './failure-of.ts';
import { startWorld } from './world.ts';

const TEMPORARY = [
  ['an HTML 502', { status: 502, body: '<html>Bad gateway</html>' }, 'UPSTREAM_UNAVAILABLE'],
  ['an HTML 200', { status: 200, body: '<html>Sign in to the hotel</html>' }, 'UPSTREAM_UNAVAILABLE'],
  ['an empty 401', { status: 401, body: '' }, 'UPSTREAM_UNAVAILABLE'],
  ['an empty 200', { status: 200, body: '' }, 'UPSTREAM_UNAVAILABLE'],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }, 'UPSTREAM_UNAVAILABLE'],
  ['a 503 that claims invalid_grant', { status: 503, body: { error: 'invalid_grant' } }, 'UPSTREAM_UNAVAILABLE'],
  ['a 504', { status: 504, body: '' }, 'UPSTREAM_TIMEOUT'],
] as const;

test.each(TEMPORARY)(
  '%s is temporary: everybody fails fast, the tokens are kept, and it works again later',
  async (_, answer, code) => {
    await using world = await startWorld();
    world.sageId.troubleNext({ answer });
    const tokens = world.createSource();

    const failures = await Promise.all(Array.from({ length: 10 }, () => failureOf(tokens.get())));
    const during = await failureOf(tokens.get());

    expect(new Set([...failures, during].map((failure) => failure.code))).toEqual(new Set([code]));
    expect(world.sageId.requests).toHaveLength(1);
    expect(await world.stored()).toMatchObject({ state: 'unavailable', lastError: { code } });
    expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-0');
    world.clock.pass(1_000);
    expect((await tokens.get()).value.reveal()).toBe('tok-at-1');
    expect(await world.stored()).toMatchObject({ state: 'connected', lastError: undefined });
  },
);

test('429 causes a pause as long as it asks', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext({ answer: { status: 429, headers: { 'retry-after': '40' } } });
  const tokens = world.createSource();

  const failure = await failureOf(tokens.get());
  world.clock.pass(15_000);
  const later = await failureOf(tokens.get());

  expect(failure).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 40 });
  expect(later).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 25 });
  expect(world.sageId.requests).toHaveLength(1);
  world.clock.pass(26_000);
  expect((await tokens.get()).value.reveal()).toBe('tok-at-1');
});

test('a pause that Sage ID asked of one process applies to all', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext({ answer: { status: 429, headers: { 'retry-after': '8' } } });
  expect((await failureOf(world.createSource().get())).code).toBe('RATE_LIMITED');
  const others = await Promise.all([1, 2, 3].map(async () => world.createSource({ vault: await world.openVault() })));
  world.clock.pass(3_000);

  for (const tokens of others)
    expect(await failureOf(tokens.get())).toMatchObject({ code: 'RATE_LIMITED', source: 'sage200', retryAfter: 5 });
  expect(world.sageId.requests).toHaveLength(1);
  world.clock.pass(5_000);
  expect((await others[0]?.get())?.value.reveal()).toBe('tok-at-1');
});

test('pauses between failing renewals grow', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext(...Array.from({ length: 40 }, () => ({ answer: { status: 503 } })));
  const tokens = world.createSource();

  for (let second = 0; second < 60; second += 1) {
    await failureOf(tokens.get());
    world.clock.pass(1_000);
  }

  expect(world.sageId.requests.length).toBeLessThan(10);
});

test("a wrong client secret is the operator's to fix: misconfigured, tokens kept", async () => {
  await using world = await startWorld({ clientSecret: new Secret('wrong') });
  world.sageId.troubleNext({
    answer: { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } },
  });

  const failure = await failureOf(world.createSource().get());

  expect(failure.code).toBe('MISCONFIGURED');
  expect(failure.message).toContain('clientSecret');
  expect(await world.stored()).toMatchObject({ state: 'misconfigured', lastError: { code: 'MISCONFIGURED' } });
  expect((await world.createSource().get()).value.reveal()).toBe('tok-at-1');
});
