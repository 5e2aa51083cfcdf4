import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHttp, type Send } from '../../src/kit/http/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { isAllowedPerson } from '../../src/tokens/index.ts';
import { type SignInWorldOptions, startSignInWorld as startWorld } from './sign-in-world.ts';
import { startStubServer } from './stub-server.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 1 });
});

afterEach(() => {
  sandbox.sageId.clearFaults();
  sandbox.sageId.setEmailVerified('alice', true);
});

afterAll(() => sandbox.close());

const startSignInWorld = (options: SignInWorldOptions = {}) => startWorld({ sandbox, ...options });

/** One person is let in by address; that nobody else gets in by being at this machine is what the list is for. */
const listed = (options: SignInWorldOptions = {}) =>
  startSignInWorld({ withKeys: true, allow: ['alice@hallam.example'], ...options });

const revoked = () => sandbox.sageId.requests().filter(({ path }) => path === '/oauth/revoke').length;

test.each([
  ['an error', { kind: 'status', status: 503 }],
  ['a redirect', { kind: 'status', status: 302, headers: { location: 'https://id.example/keys' } }],
  ['what is not JSON', { kind: 'garbage' }],
  ['no list of keys', { kind: 'status', status: 200, body: { keys: 'none' } }],
  ['nothing', { kind: 'cut' }],
] as const)(
  "the address of Sage ID's keys is %s: nobody is signed in, and the page says to try again",
  async (_, fault) => {
    await using world = await startSignInWorld();
    sandbox.sageId.fault({ match: 'jwks.json', times: 0, ...fault });

    const before = revoked();

    const failed = await world.signIn('alice');
    sandbox.sageId.clearFaults();
    const again = await world.signIn('alice');

    expect(failed.visit.status).toBe(503);
    expect(failed.visit.text).toContain('Try again in a minute');
    expect(failed.visit.headers.get('retry-after')).toBe('60');
    expect(failed.visit.setCookies.filter((cookie) => cookie.includes('sage-gateway'))).toEqual([]);
    await expect.poll(revoked).toBe(before + 1);
    expect(again.visit.status).toBe(303);
    expect(world.events).toHaveLength(1);
  },
);

test('while the list of keys lacks the one that was used, nobody is signed in', async () => {
  await using world = await startSignInWorld();
  sandbox.sageId.fault({ match: 'jwks.json', times: 0, kind: 'status', status: 200, body: { keys: [] } });

  const { visit } = await world.signIn('alice');

  expect(visit.status).toBe(503);
  expect(visit.text).toContain('Try again in a minute');
  expect(await world.vault.connections.list()).toEqual([]);
});

test('an id_token that another key signed is refused, even if the key has the id of a real one', async () => {
  const { publicKey } = await generateKeyPair('RS256');
  const keys = await (await fetch(`${sandbox.sageId.url}/.well-known/jwks.json`)).json();
  const jwk = { ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig' };
  for (const kid of [keys.keys[0].kid, 'another']) {
    await using stub = await startStubServer(() => ({ body: { keys: [{ ...jwk, kid }] } }));
    await using world = await startSignInWorld({ grant: { jwksUri: stub.url } });

    const { visit } = await world.signIn('alice');

    expect(visit.status).toBe(503);
    expect(visit.text).toContain('nothing was stored');
    expect(await world.vault.connections.list()).toEqual([]);
  }
});

test.each(['none', 'HS256', 'ES256'])('an id_token signed with %s is refused', async (alg) => {
  const http = createHttp();
  const send: Send = async (request) => {
    const response = await http.send(request);
    if (request.url !== sandbox.credentials.sageId.tokenUrl) return response;
    const answer = JSON.parse(response.body.toString('utf8'));
    return {
      ...response,
      body: Buffer.from(JSON.stringify({ ...answer, id_token: await forge(answer.id_token, alg) })),
    };
  };
  await using world = await startSignInWorld({ grant: { send } });

  const { visit } = await world.signIn('alice');
  await http.close();

  expect(visit.status).toBe(503);
  expect(visit.text).toContain('nothing was stored');
  expect(await world.vault.connections.list()).toEqual([]);
});

/** The claims of a real one under another algorithm; HS256 with the client secret, as some issuers do. */
async function forge(idToken: string, alg: string): Promise<string> {
  const [header = '', payload = ''] = idToken.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
  if (alg === 'none') return `${Buffer.from(JSON.stringify({ alg, kid })).toString('base64url')}.${payload}.`;
  const key =
    alg === 'HS256'
      ? new TextEncoder().encode(sandbox.credentials.sage200.clientSecret.padEnd(32, '0'))
      : (await generateKeyPair('ES256')).privateKey;
  return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key);
}

test.each([false, 'false', 'False', 0, 'no', 'TRUE ', {}, []])(
  'an address whose email_verified is %j admits nobody, whatever the setting for a missing one',
  async (value) => {
    for (const emailVerifiedMissing of ['refuse', 'accept'] as const) {
      await using world = await listed({ grant: { emailVerifiedMissing } });
      sandbox.sageId.setEmailVerified('alice', value);

      const { visit } = await world.signIn('alice');

      expect(visit.status).toBe(403);
      expect(visit.text).toContain('not verified');
      expect(visit.text).toContain('sub:auth0|sandbox-alice');
      expect(await world.vault.connections.list()).toEqual([]);
    }
  },
);

test.each([true, 'true'])('an address whose email_verified is %j admits its owner', async (value) => {
  await using world = await listed();
  sandbox.sageId.setEmailVerified('alice', value);

  const { visit, browser } = await world.signIn('alice');

  expect(visit.status).toBe(303);
  expect(JSON.parse((await browser.open(`${world.url}/session`)).text)).toMatchObject({
    email: 'alice@hallam.example',
  });
});

test.each([undefined, null])(
  'when email_verified is %j, sageId.emailVerifiedMissing decides, and the page names it',
  async (value) => {
    sandbox.sageId.setEmailVerified('alice', value);
    await using strict = await listed();
    await using trusting = await listed({ grant: { emailVerifiedMissing: 'accept' } });

    const refused = await strict.signIn('alice');
    const accepted = await trusting.signIn('alice');

    expect(refused.visit.status).toBe(403);
    expect(refused.visit.text).toContain('sageId.emailVerifiedMissing: accept');
    expect(await strict.vault.connections.list()).toEqual([]);
    expect(accepted.visit.status).toBe(303);
    expect((await accepted.browser.open(`${trusting.url}/session`)).status).toBe(200);
  },
);

test('a subject on the list is admitted whatever its address, which stays unverified', async () => {
  sandbox.sageId.setEmailVerified('alice', false);
  await using world = await listed({ allow: ['sub:auth0|sandbox-alice'] });

  const alice = await world.signIn('alice');
  const bob = await world.signIn('bob');
  const me = await alice.browser.open(`${world.url}/session`);

  expect([alice.visit.status, bob.visit.status, me.status]).toEqual([303, 403, 200]);
  expect(JSON.parse(me.text)).not.toHaveProperty('email');
});

test('an address that is spelled like a subject is not one, and subjects are compared exactly', () => {
  const allow = ['sub:auth0|jane', 'sub:x@hallam.example'];

  expect(isAllowedPerson(allow, { subject: 'auth0|jane', email: undefined })).toBe(true);
  expect(isAllowedPerson(allow, { subject: 'auth0|JANE', email: undefined })).toBe(false);
  expect(isAllowedPerson(allow, { subject: 'auth0|eve', email: 'sub:auth0|jane' })).toBe(false);
  expect(isAllowedPerson(allow, { subject: 'auth0|eve', email: 'sub:x@hallam.example' })).toBe(false);
});
