import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import {
  createClientCredentialsTokenSource,
  createConnectionTokenSource,
  createErpTokenSource,
  createSageIdClient,
  importConnection,
  openVault,
  type SageIdClientOptions,
} from '../../src/tokens/index.ts';
import { consentIn, createLogBook, makeFolder, NINETY_DAYS_MS, VAULT_KEY } from './world.ts';

type ClientChoice = Pick<SageIdClientOptions, 'clientId' | 'clientSecret'> & {
  readonly bodyEncoding?: 'form' | 'json';
};

/** Our sources against an OpenID provider that rotates and ends a family when a token is used twice. */
async function startSandboxWorld() {
  const sandbox = await startSandbox({ customers: 5 });
  const { sageId, credentials } = sandbox;
  const folder = await makeFolder();
  const http = createHttp();
  const { log } = createLogBook();
  const vault = await openVault({ url: `sqlite:${folder.path}/vault.db`, key: VAULT_KEY });
  const web: ClientChoice = {
    clientId: credentials.sage200.clientId,
    clientSecret: new Secret(credentials.sage200.clientSecret),
  };
  const createClient = (choice: ClientChoice) =>
    createSageIdClient({
      issuer: credentials.sageId.issuer,
      tokenUrl: credentials.sageId.tokenUrl,
      bodyEncoding: 'form',
      send: http.send,
      ...choice,
    });
  return {
    ...sandbox,
    web,
    send: http.send,
    log,
    createClient,
    async connect(choice: ClientChoice = web) {
      const refreshToken = new Secret(await sageId.issueRefreshToken({ client: choice.clientId }));
      await importConnection(vault, { name: 'finance', refreshToken, refreshLifetimeMs: NINETY_DAYS_MS });
      const redirectUri = 'http://127.0.0.1:4000/connect/sage200/callback';
      return createConnectionTokenSource({
        consent: await consentIn(vault),
        vault,
        client: createClient(choice),
        redirectUri,
        log,
      });
    },
    async [Symbol.asyncDispose]() {
      await vault.close();
      await http.close();
      await sandbox.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('twenty parallel callers live through many tokens of two seconds without a failure, an overlap or a reuse', async () => {
  await using world = await startSandboxWorld();
  const tokens = await world.connect();
  world.sageId.clock.set({ accessTokenSeconds: 2 });
  const endsAt = Date.now() + 5_000;

  // As an upstream's client does it: one renewal after a 401. The provider rounds the end of a token down to
  // a whole second, so that some die before `expires_in` is over.
  const isAccepted = async () => {
    const token = await tokens.get();
    if (await world.sageId.verifyAccessToken(token.value.reveal())) return true;
    tokens.drop(token);
    return (await world.sageId.verifyAccessToken((await tokens.get()).value.reveal())) !== undefined;
  };
  const call = async () => {
    while (Date.now() < endsAt) {
      expect(await isAccepted()).toBe(true);
      // Of two seconds a token has.
      await pause(40);
    }
  };
  await Promise.all(Array.from({ length: 20 }, call));
  await tokens.close();

  const renewals = world.sageId.renewals();
  expect(renewals.length).toBeGreaterThanOrEqual(3);
  expect(renewals.filter(({ overlapping, reused, status }) => overlapping || reused || status !== 200)).toEqual([]);
});

test('web clients by form and JSON, and a desktop client without a secret, renew their connection', async () => {
  await using world = await startSandboxWorld();
  const choices = [
    world.web,
    { ...world.web, bodyEncoding: 'json' as const },
    { clientId: world.credentials.publicClientId },
  ];

  for (const choice of choices) {
    const tokens = await world.connect(choice);
    const { value } = await tokens.get();

    expect(await world.sageId.verifyAccessToken(value.reveal())).toMatchObject({
      email: expect.stringContaining('alice'),
    });
  }
});

test('a consent that ended elsewhere needs the person', async () => {
  await using world = await startSandboxWorld();
  const tokens = await world.connect();
  await world.sageId.revokeUser('alice');

  await expect(tokens.get()).rejects.toMatchObject({ code: 'NEEDS_CONSENT' });
});

test("a wrong secret is the operator's to fix and keeps the connection", async () => {
  await using world = await startSandboxWorld();
  const tokens = await world.connect({ ...world.web, clientSecret: new Secret('wrong') });

  await expect(tokens.get()).rejects.toMatchObject({ code: 'MISCONFIGURED' });
});

test.each(['client_credentials', 'client_credential'])('a machine gets its token by %s', async (grantType) => {
  await using world = await startSandboxWorld();
  const { clientId, clientSecret, audience } = world.credentials.network;
  const client = world.createClient({ clientId, clientSecret: new Secret(clientSecret) });
  const tokens = createClientCredentialsTokenSource({ client, grantType, audience });

  const { value } = await tokens.get();

  expect(await world.sageId.verifyNetworkToken(value.reveal())).toBe(true);
});

test.each(['tenant', 'client_credentials'] as const)(
  'an ERP tenant gives, renews and ends tokens by the grant %s',
  async (grant) => {
    await using world = await startSandboxWorld();
    const [tenant] = world.credentials.erp;
    if (!tenant) throw new Error('the sandbox has no tenant');
    const settings = { ...tenant, clientSecret: new Secret(tenant.clientSecret), grant, allowedHosts: [] };
    const { send, log } = world;
    const tokens = createErpTokenSource({ tenant: settings, send, log });
    const ask = async () => {
      const { value, graphqlUrl } = await tokens.get();
      const headers = { authorization: `Bearer ${value.reveal()}`, 'content-type': 'application/json' };
      const response = await send({ method: 'POST', url: graphqlUrl, headers, body: '{"query":"{ __typename }"}' });
      return { status: response.status, value, graphqlUrl, headers };
    };

    const first = await ask();
    tokens.drop(await tokens.get());
    const second = await ask();
    await tokens.close();
    const afterwards = await send({
      method: 'POST',
      url: second.graphqlUrl,
      headers: second.headers,
      body: '{"query":"{ __typename }"}',
    });

    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.value.reveal()).not.toBe(first.value.reveal());
    expect(afterwards.status).toBe(401);
  },
);
