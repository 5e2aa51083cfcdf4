import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import {
  type AccessToken,
  createClientCredentialsTokenSource,
  createPassThroughTokenSource,
  createRenewingTokenSource,
  createSageIdClient,
} from '../../src/tokens/index.ts';
import { isAllowedAddress } from '../../src/tokens/is-allowed-address.ts';
import { earlyMs } from '../../src/tokens/renewing-token-source.ts';
import { startSageIdStub } from './sage-id-stub.ts';
import { createClock } from './world.ts';

const HOUR_MS = 3600_000;

const toToken = (value: string, issuedAt: number, lifetimeMs: number): AccessToken => ({
  value: new Secret(value),
  issuedAt,
  expiresAt: issuedAt + lifetimeMs,
});

test.each([
  ['eight hours', 8 * HOUR_MS, 0, 10 * 60_000],
  ['eight hours, most jitter', 8 * HOUR_MS, 1, 15 * 60_000],
  ['a quarter of an hour', 900_000, 0, 90_000],
  ['two seconds', 2_000, 0, 200],
])(
  'a token of %s is renewed a tenth of its life early, at most ten minutes plus jitter',
  (_, lifetimeMs, chance, expected) => {
    const token = toToken('t', 1_000_000, lifetimeMs);

    expect(earlyMs(token, chance)).toBe(expected);
  },
);

test("an early renewal that fails is nobody's error while the token is valid", async () => {
  const clock = createClock();
  let count = 0;
  const tokens = createRenewingTokenSource({
    renew: async () => {
      count += 1;
      if (count > 1) throw new Error('down');
      return toToken('first', clock.now(), 1_000);
    },
    onImpatient: () => {
      throw new Error('not expected');
    },
    now: clock.now,
  });
  await tokens.get();

  clock.pass(950);
  const early = await Promise.all([tokens.get(), tokens.get()]);
  clock.pass(50);

  expect(early.map(({ value }) => value.reveal())).toEqual(['first', 'first']);
  await expect(tokens.get()).rejects.toThrow('down');
});

test('a passed-through token is forwarded until it is refused; then the caller must send another', async () => {
  const tokens = createPassThroughTokenSource(new Secret('mine'));
  const token = await tokens.get();

  tokens.drop(toToken('older', 0, 1));
  expect(await tokens.get()).toBe(token);
  tokens.drop(token);

  await expect(tokens.get()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test.each([
  ['form', 'client_credentials'],
  ['form', 'client_credential'],
  ['json', 'client_credentials'],
  ['json', 'client_credential'],
] as const)(
  'a machine token is requested as %s with the grant spelled %s, once until it nearly expires',
  async (bodyEncoding, grantType) => {
    await using sageId = await startSageIdStub();
    const http = createHttp();
    const clock = createClock();
    const client = createSageIdClient({
      issuer: 'https://id.sage.com/',
      tokenUrl: sageId.tokenUrl,
      bodyEncoding,
      clientId: 'machine',
      clientSecret: new Secret('shh'),
      send: http.send,
      now: clock.now,
    });
    const tokens = createClientCredentialsTokenSource({ client, grantType, audience: 'payout', now: clock.now });

    await Promise.all([tokens.get(), tokens.get()]);
    clock.pass(7 * HOUR_MS);
    const token = await tokens.get();

    expect(token.value.reveal()).toBe('tok-machine-payout');
    expect(sageId.requests).toHaveLength(1);
    const body = sageId.requests[0]?.body ?? '';
    const fields: Record<string, string> =
      bodyEncoding === 'json' ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
    expect(fields).toEqual({ grant_type: grantType, audience: 'payout', client_id: 'machine', client_secret: 'shh' });
    await http.close();
  },
);

test("a client without a grant for the audience is the operator's to fix, and Sage ID is not asked for every request", async () => {
  await using sageId = await startSageIdStub();
  const http = createHttp();
  const client = createSageIdClient({
    issuer: 'https://id.sage.com/',
    tokenUrl: sageId.tokenUrl,
    bodyEncoding: 'form',
    clientId: 'machine',
    send: http.send,
  });
  const refusal = { status: 403, body: { error: 'unauthorized_client', error_description: 'Grant type not allowed' } };
  sageId.troubleNext({ answer: refusal });
  const tokens = createClientCredentialsTokenSource({ client, audience: 'payout' });

  await expect(tokens.get()).rejects.toMatchObject({ code: 'MISCONFIGURED', source: 'network' });
  await expect(tokens.get()).rejects.toMatchObject({ code: 'MISCONFIGURED' });

  expect(sageId.requests).toHaveLength(1);
  await http.close();
});

test.each([
  ['https://erp.sage.com/x', true],
  ['https://api.eu.erp.sage.com/x', true],
  ['https://ERP.SAGE.COM:8443/x', true],
  ['https://evilerp.sage.com/x', false],
  ['https://erp.sage.com.evil.example/x', false],
  ['http://erp.sage.com/x', false],
  ['wss://erp.sage.com/x', false],
  ['https://user:pass@erp.sage.com/x', false],
  ['https://tokens.example/other', true],
  ['http://tokens.example/other', false],
  ['http://127.0.0.1:8080/x', false],
  ['http://169.254.169.254/x', false],
  ['/relative', false],
])('an address %s in the token answer is followed: %s', (address, allowed) => {
  const rules = { allowedHosts: ['erp.sage.com'], tokenUrl: 'https://tokens.example/v1/token' };

  expect(isAllowedAddress(address, rules)).toBe(allowed);
});

test('beside a token service on loopback, as in the sandbox, loopback addresses are followed', () => {
  const rules = { allowedHosts: [], tokenUrl: 'http://127.0.0.1:4102/v1/token' };

  expect(isAllowedAddress('http://localhost:4103/graphql', rules)).toBe(true);
  expect(isAllowedAddress('http://[::1]:4103/graphql', rules)).toBe(true);
  expect(isAllowedAddress('http://127.0.0.1.evil.example/', rules)).toBe(false);
});
