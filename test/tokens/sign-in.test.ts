import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startSageIdSandbox } from '../../src/sandbox/sage-id/index.ts';
import { personalConnectionOf } from '../../src/tokens/index.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { ADMIN, ALICE, bearer, type SignInWorldOptions, startSignInWorld as startWorld } from './sign-in-world.ts';

let sandbox: Sandbox;
/** The same with a Sage ID that knows a redirect address behind https. */
let https: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 1 });
  const sageId = await startSageIdSandbox({
    companies: sandbox.companies,
    redirectUris: ['https://gateway.example/connect/sage200/callback'],
  });
  const { issuer, url } = sageId;
  const urls = {
    issuer,
    authorizeUrl: `${url}/authorize`,
    tokenUrl: `${url}/oauth/token`,
    revokeUrl: `${url}/oauth/revoke`,
  };
  https = { ...sandbox, sageId, credentials: { ...sandbox.credentials, sageId: urls } };
});

afterAll(async () => {
  await https.sageId[Symbol.asyncDispose]();
  await sandbox.close();
});

const startSignInWorld = (options: SignInWorldOptions = {}) => startWorld({ sandbox, ...options });

const personal = (subject: string) => personalConnectionOf(sandbox.sageId.issuer, subject);

test('a person signs in, gets a connection and a session, and is sent where they wanted to go', async () => {
  await using world = await startSignInWorld();

  const { browser, begun, visit } = await world.signIn('alice', { query: '?returnTo=/graphql%3Fa%3D1' });

  expect(begun.status).toBe(303);
  const authorize = new URL(begun.location ?? '');
  expect(`${authorize.origin}${authorize.pathname}`).toBe(sandbox.credentials.sageId.authorizeUrl);
  expect(Object.fromEntries(authorize.searchParams)).toMatchObject({
    response_type: 'code',
    client_id: sandbox.credentials.sage200.clientId,
    audience: 's200ukipd/sage200',
    scope: 'openid profile email offline_access',
    redirect_uri: `${world.url}/connect/sage200/callback`,
    code_challenge_method: 'S256',
    state: expect.stringMatching(/^.{43}$/),
    nonce: expect.stringMatching(/^.{43}$/),
    code_challenge: expect.stringMatching(/^.{43}$/),
  });
  expect(visit).toMatchObject({ status: 303, location: '/graphql?a=1' });
  const me = await browser.open(`${world.url}/session`);
  expect(JSON.parse(me.text)).toMatchObject({
    id: `session:${ALICE}`,
    kind: 'session',
    email: 'alice@hallam.example',
    name: 'Alice Adams',
    connection: { name: personal(ALICE), state: 'connected' },
  });
  const token = await (await world.connections.identityOf(personal(ALICE)))?.tokens.get();
  expect(await sandbox.sageId.verifyAccessToken(token?.value.reveal() ?? '')).toMatchObject({ subject: ALICE });
  expect(world.events).toMatchObject([{ type: 'connected', connection: personal(ALICE) }]);
});

test.each([
  ['a public client with PKCE', { clientId: 'sandbox-desktop', clientSecret: undefined }],
  ['a confidential client without PKCE', { pkce: false }],
  ['a confidential client with JSON bodies', { bodyEncoding: 'json' as const }],
])('%s signs in', async (_, grant) => {
  await using world = await startSignInWorld({ grant });

  const { begun, visit } = await world.signIn('bob');

  expect(visit.status).toBe(303);
  expect(new URL(begun.location ?? '').searchParams.has('code_challenge')).toBe(!('pkce' in grant));
  expect((await world.vault.connections.read(personal('auth0|sandbox-bob')))?.state).toBe('connected');
});

test('any instance that the browser comes back to finishes the sign-in', async () => {
  await using one = await startSignInWorld();
  // Behind one name, as a load balancer has it: the same redirect address, another process.
  await using two = await startSignInWorld({ vaultUrl: one.vaultUrl, publicUrl: one.url });
  const browser = createCookieBrowser();
  const begun = await browser.open(`${one.url}/connect/sage200?returnTo=/graphql`);
  const callback = (await one.atSageId(begun, 'alice')).replace(one.url, two.url);

  const visit = await browser.open(callback);

  expect(visit).toMatchObject({ status: 303, location: '/graphql' });
  expect(two.events).toMatchObject([{ type: 'connected', connection: personal(ALICE) }]);
  // Stored for all of them, and so is the session.
  expect((await one.vault.connections.read(personal(ALICE)))?.state).toBe('connected');
  expect(await (await one.connections.identityOf(personal(ALICE)))?.tokens.get()).toMatchObject({
    value: expect.any(Secret),
  });
  expect(JSON.parse((await browser.open(`${one.url}/session`)).text)).toMatchObject({ id: `session:${ALICE}` });
  expect((await browser.open(callback.replace(two.url, one.url))).status).toBe(400);
});

test('behind https every cookie is a __Host- cookie that scripts and other sites cannot use', async () => {
  await using world = await startSignInWorld({
    sandbox: https,
    publicUrl: 'https://gateway.example',
    allow: ['@hallam.example'],
  });

  const { begun, visit } = await world.signIn('alice');

  const [login] = begun.setCookies;
  expect(login).toMatch(
    /^__Host-sage-sign-in-[0-9a-f]{16}=v1\.[0-9a-f]{12}\.[\w-]{200,500}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
  );
  const session = visit.setCookies.find((cookie) => cookie.includes('sage-gateway'));
  expect(session).toMatch(
    /^__Host-sage-gateway-[0-9a-f]{8}=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
  );
  expect(visit.setCookies.find((cookie) => cookie.includes('sign-in'))).toContain('Max-Age=0');
});

test('two tabs may sign in side by side', async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const one = await browser.open(`${world.url}/connect/sage200?returnTo=/one`);
  const two = await browser.open(`${world.url}/connect/sage200?returnTo=/two`);
  const callbacks = [await world.atSageId(two, 'alice'), await world.atSageId(one, 'alice')];

  const visits = [];
  for (const callback of callbacks) visits.push(await browser.open(callback));

  expect(visits.map(({ location }) => location)).toEqual(['/two', '/one']);
  expect([...browser.cookies(world.url).keys()].filter((name) => name.includes('sign-in'))).toEqual([]);
});

test('with an empty list people at this machine can sign in, but nobody through a proxy', async () => {
  await using local = await startSignInWorld({ withKeys: true });
  await using remote = await startSignInWorld({ withKeys: true, sandbox: https, publicUrl: 'https://gateway.example' });

  expect((await local.signIn('alice')).visit.status).toBe(303);
  expect((await remote.signIn('alice')).visit.status).toBe(403);
});

test('the record says who began a named sign-in, who signed in with which request, and who signed out', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const { browser, begun, visit } = await world.signIn('alice', {
    query: '?connection=finance',
    headers: bearer(ADMIN),
  });
  const out = await browser.open(`${world.url}/session`, { method: 'DELETE', headers: { origin: world.url } });

  expect(out.status).toBe(204);
  const requestOf = ({ headers }: typeof visit) => headers.get('x-request-id');
  const acts = async () =>
    (await world.vault.audit.list()).map(({ action, caller, connection, requestId }) => [
      action,
      caller,
      connection,
      requestId,
    ]);
  await expect
    .poll(async () => (await acts()).sort())
    .toEqual([
      ['connected', 'key:boss', 'finance', requestOf(visit)],
      ['sign_in_begun', 'key:boss', 'finance', requestOf(begun)],
      ['signed_in', `session:${ALICE}`, 'finance', requestOf(visit)],
      ['signed_out', `session:${ALICE}`, 'finance', requestOf(out)],
    ]);
  expect((await world.vault.audit.verify()).faults).toEqual([]);
});

test('no secret of a sign-in is in the log, the events or the audit trail', async () => {
  await using world = await startSignInWorld();
  const { browser, callback } = await world.signIn('alice');
  await world.signIn('bob', { query: '?connection=finance' });
  const rows = await Promise.all(
    (await world.vault.connections.list()).map(({ name }) => world.vault.connections.read(name)),
  );
  const { searchParams } = new URL(callback);
  const secrets = [
    searchParams.get('code'),
    searchParams.get('state'),
    ...browser.cookies(world.url).values(),
    ...rows.flatMap((row) => [row?.accessToken?.value.reveal(), row?.refreshToken?.reveal()]),
    sandbox.credentials.sage200.clientSecret,
  ].filter((secret) => secret !== undefined && secret !== null);

  const told = [...world.lines, JSON.stringify(world.events), JSON.stringify(await world.vault.audit.list())].join();

  expect(secrets.length).toBeGreaterThanOrEqual(8);
  expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
});
