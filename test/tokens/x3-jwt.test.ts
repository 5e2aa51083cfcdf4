import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import pino from 'pino';
import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { createErpTokenSource, type ErpTenantSettings } from '../../src/tokens/index.ts';

const SECRET = 'secret-of-a-connected-application';
const URL = 'https://x3.example.com:8124/xtrem/api';

/** A source whose clock the test moves. */
function createSource(changes: Partial<ErpTenantSettings> = {}) {
  const lines: string[] = [];
  const clock = { at: Date.UTC(2026, 5, 1) };
  const source = createErpTokenSource({
    tenant: {
      name: 'plant',
      grant: 'x3-jwt',
      clientId: 'client',
      clientSecret: new Secret(SECRET),
      tenantId: 'plant',
      tokenUrl: 'https://api.erp.sage.com/v1/token',
      allowedHosts: [],
      url: URL,
      ...changes,
    },
    send: () => Promise.reject(new Error('nothing is to be sent')),
    log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
    now: () => clock.at,
    random: () => 0,
  });
  return { source, clock, lines };
}

test('a token of a connected application has the documented claims, and is signed with its secret', async () => {
  const { source, clock } = createSource({ user: 'GATEWAY', endpoint: 'SEED' });

  const token = await source.get();

  const value = token.value.reveal();
  const issuedAt = clock.at / 1_000 - 30;
  expect(decodeProtectedHeader(value)).toEqual({ alg: 'HS256', typ: 'JWT' });
  expect(decodeJwt(value)).toEqual({ iss: 'client', sub: 'GATEWAY', aud: URL, iat: issuedAt, exp: issuedAt + 300 });
  await jwtVerify(value, new TextEncoder().encode(SECRET), { currentDate: new Date(clock.at) });
  expect(token).toMatchObject({ graphqlUrl: URL, headers: { 'x-xtrem-endpoint': 'SEED' } });
});

test.each([
  ['http://x3.example.com:8124/xtrem/api', 1],
  ['http://127.0.0.1:8124/xtrem/api', 0],
  ['https://x3.example.com:8124/xtrem/api', 0],
])('the log warns of tokens that are sent unencrypted: to %s %i times', (url, warnings) => {
  const { lines } = createSource({ url });

  expect(lines.filter((line) => line.includes('not encrypted'))).toHaveLength(warnings);
});

test('without a user and an endpoint, token and headers have neither', async () => {
  const token = await createSource().source.get();

  expect(decodeJwt(token.value.reveal())).not.toHaveProperty('sub');
  expect(token.headers).toBeUndefined();
});

test('a token is reused until shortly before its end, but never after a refusal', async () => {
  const { source, clock } = createSource();
  const first = await source.get();
  clock.at += 150_000;
  const again = await source.get();
  clock.at += 100_000;
  const second = await source.get();
  source.drop(second);
  clock.at += 1_000;
  const third = await source.get();

  expect(again.value.reveal()).toBe(first.value.reveal());
  expect(second.value.reveal()).not.toBe(first.value.reveal());
  expect(third.value.reveal()).not.toBe(second.value.reveal());
});

test('with any configured life and clock difference, a new token is valid and none lives longer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 10_000, max: 86_400_000 }),
      fc.integer({ min: 0, max: 600_000 }),
      fc.integer({ min: 0, max: 999 }),
      async (tokenLifetimeMs, clockSkewMs, fraction) => {
        const { source, clock } = createSource({ tokenLifetimeMs, clockSkewMs });
        clock.at += fraction;
        const { value, expiresAt } = await source.get();
        const { iat = 0, exp = 0 } = decodeJwt(value.reveal());
        expect(iat * 1_000).toBeLessThanOrEqual(clock.at);
        expect(exp - iat).toBeLessThanOrEqual(tokenLifetimeMs / 1_000);
        expect(expiresAt).toBeGreaterThan(clock.at);
        expect(expiresAt).toBeLessThanOrEqual(exp * 1_000);
      },
    ),
    { numRuns: 100 },
  );
});
