import { expect, test } from 'vitest';
import { createWrongCredentials } from '../../src/callers/wrong-credentials.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import { createClock } from '../tokens/world.ts';

const wrong = () => new GatewayError('UNAUTHENTICATED', 'wrong');

function createWorld() {
  const clock = createClock();
  const limit = createWrongCredentials(clock.now);
  const codes = (address: string | undefined, times: number) =>
    Array.from({ length: times }, () => limit.refusal(address, wrong()).code);
  return { clock, limit, codes };
}

test('twenty in any minute, and not twenty at its end and twenty after it', () => {
  const { clock, codes, limit } = createWorld();
  codes('203.0.113.9', 1);
  clock.pass(50_000);
  codes('203.0.113.9', 19);

  expect(limit.refusal('203.0.113.9', wrong())).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 10 });
  clock.pass(10_000);
  expect(codes('203.0.113.9', 2)).toEqual(['UNAUTHENTICATED', 'RATE_LIMITED']);
  clock.pass(60_000);
  expect(codes('203.0.113.9', 1)).toEqual(['UNAUTHENTICATED']);
});

test('the /64 of an IPv6 address is one sender, whatever its ports and spellings', () => {
  const { codes } = createWorld();
  codes('2001:db8:1:2:3::1', 10);
  codes('[2001:0db8:1:2::ffff]:443', 10);
  codes('203.0.113.9:1000', 10);
  codes('::ffff:203.0.113.9', 10);

  expect(codes('2001:db8:1:2:aaaa::9', 1)).toEqual(['RATE_LIMITED']);
  expect(codes('2001:db8:1:3::1', 1)).toEqual(['UNAUTHENTICATED']);
  expect(codes('203.0.113.9:2000', 1)).toEqual(['RATE_LIMITED']);
  expect(codes(undefined, 1)).toEqual(['UNAUTHENTICATED']);
});

test('the memory of addresses is bounded: the one quiet for longest is forgotten', () => {
  const { codes } = createWorld();
  codes('192.0.2.1', 20);
  for (let index = 0; index < 10_000; index += 1) codes(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 1);

  expect(codes('192.0.2.1', 1)).toEqual(['UNAUTHENTICATED']);
});

test('checks at an upstream wait while as many are in progress as may fail, and never exceed that number', async () => {
  const { limit } = createWorld();
  const open: PromiseWithResolvers<string>[] = [];
  const ask = () => {
    const answer = Promise.withResolvers<string>();
    open.push(answer);
    return answer.promise;
  };
  const asked = Array.from({ length: 30 }, () => limit.ask('192.0.2.1', ask));
  const ended = Promise.allSettled(asked);
  expect(open).toHaveLength(20);

  for (const answer of open.slice(0, 5)) answer.resolve('right');
  await Promise.all(asked.slice(0, 5));
  await Promise.resolve();
  expect(open).toHaveLength(25);
  for (const answer of open) answer.reject(wrong());
  const codes = (await ended).map((each) => (each.status === 'fulfilled' ? 'right' : each.reason.code));

  expect(open).toHaveLength(25);
  expect(codes.filter((code) => code === 'right')).toHaveLength(5);
  expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(20);
  expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(5);
});
