import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { KEY, load, MARKER, messageOf, SUM } from './load.ts';

/** How requests go out to a source. */
const SENDING = {
  breaker: { window: 50, least: 20, failures: 0.5, pauseMs: 5_000 },
  connections: 128,
  waiting: 256,
  retryReads: 1,
};

describe('defaults', () => {
  test('an empty file is a complete configuration', () => {
    expect(load('')).toEqual({
      server: {
        host: '127.0.0.1',
        port: 4000,
        publicUrl: 'http://localhost:4000',
        allowedHosts: [],
        cors: [],
        returnOrigins: [],
        trustProxy: false,
        shutdownTimeoutMs: 20_000,
        drainDelayMs: 5_000,
        sendTimeoutMs: 30_000,
        graphiql: true,
        introspection: 'callers',
      },
      vault: {
        url: 'sqlite:.data/vault.db',
        keyFile: '.data/vault.key',
        previousKeys: [],
        staleAfterMs: 10_000,
        auditDays: 400,
      },
      sageId: {
        issuer: 'https://id.sage.com/',
        authorizeUrl: 'https://id.sage.com/authorize',
        tokenUrl: 'https://id.sage.com/oauth/token',
        revokeUrl: 'https://id.sage.com/oauth/revoke',
        bodyEncoding: 'form',
        pkce: true,
        clockToleranceMs: 30_000,
        emailVerifiedMissing: 'refuse',
      },
      sage200: undefined,
      erp: {
        ...SENDING,
        deadlineMs: 30_000,
        schemaRefreshMs: 900_000,
        snapshots: '.data/schemas',
        tenants: [],
        runtime: {
          tokenUrl: 'https://api.erp.sage.com/v1/token',
          grant: 'tenant',
          allowedHosts: ['erp.sage.com', 'sageintacctmanufacturing.com'],
        },
      },
      network: undefined,
      callers: {
        sessions: { allow: [], tenants: [], readOnly: false, paymentsOut: 'none' },
        passThrough: false,
        apiKeys: [],
        jwt: [],
      },
      limits: {
        bodyBytes: 1_048_576,
        tokens: 5_000,
        depth: 24,
        aliases: 100,
        rootFields: 30,
        values: 20_000,
        upstreamRequests: 250,
        rows: 50_000,
        answerBytes: 32 * 1024 * 1024,
        memory: 'auto',
      },
      documents: { files: [], required: false, automatic: true, entries: 1_000 },
      events: undefined,
      log: { level: 'info', format: 'auto' },
      links: [],
    });
  });

  test('pairs that a database did not store wait in .data/pending with PostgreSQL, or where the file says', () => {
    const postgres = `vault: { url: "postgres://user:password@db/x", key: ${KEY}`;

    expect(load(`${postgres} }`).vault.pendingFolder).toBe('.data/pending');
    expect(load(`${postgres}, pendingFolder: /var/lib/gateway }`).vault.pendingFolder).toBe('/var/lib/gateway');
  });

  test('sections use their defaults when only required settings are given', () => {
    const { sage200, erp, network, callers, links } = load(`
sage200: { clientId: app }
erp: { tenants: [{ name: acme, clientId: a, clientSecret: b, tenantId: 00123 }] }
network: { clientId: n, clientSecret: s, audience: pay }
callers:
  apiKeys: [{ name: shop, sha256: ${SUM}, companies: all }]
  jwt: [{ issuer: https://issuer.example, audience: us, jwksUri: https://issuer.example/jwks, companies: all }]
  passThrough: { allow: [jane@hallam.example, 'sub:auth0|7'], companies: all, tenants: [acme] }
  anonymous: {}
links: [{ name: erpItem, from: Sage200Product.code, to: xtremMasterData.item, key: id }]
`);

    expect(sage200).toEqual({
      product: 'professional',
      baseUrl: 'https://api.columbus.sage.com/uk/sage200extra/accounts/v1',
      clientId: 'app',
      redirectUri: 'http://localhost:4000/connect/sage200/callback',
      audience: 's200ukipd/sage200',
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      refreshLifetimeMs: 7_776_000_000,
      ...SENDING,
      deadlineMs: 30_000,
      maxFilterTerms: 60,
      maxUrlBytes: 2_000,
    });
    expect(erp.tenants).toEqual([
      {
        name: 'acme',
        tokenUrl: 'https://api.erp.sage.com/v1/token',
        grant: 'tenant',
        clientId: 'a',
        clientSecret: expect.any(Secret),
        tenantId: '00123',
        allowedHosts: ['erp.sage.com', 'sageintacctmanufacturing.com'],
      },
    ]);
    expect(network).toMatchObject({ grantType: 'client_credentials', baseUrl: 'https://api-payout.sage.com' });
    expect(callers).toMatchObject({
      passThrough: {
        clients: [],
        allow: ['jane@hallam.example', 'auth0|7'],
        companies: 'all',
        tenants: ['acme'],
        readOnly: true,
        opaque: false,
      },
      apiKeys: [{ name: 'shop', sha256: SUM, companies: 'all', tenants: [], readOnly: true, admin: false }],
      jwt: [{ companies: 'all', readOnly: true }],
      anonymous: { companies: 'all', tenants: [], readOnly: true },
    });
    expect(links).toEqual([
      {
        name: 'erpItem',
        from: 'Sage200Product.code',
        to: 'xtremMasterData.item',
        key: 'id',
        match: 'exact',
        many: false,
      },
    ]);
  });

  test('the product determines the URL unless one is given', () => {
    expect(load('sage200: { product: standard }').sage200?.baseUrl).toBe(
      'https://api.columbus.sage.com/uk/sage200/accounts/v1',
    );
    expect(load('sage200: { product: standard, baseUrl: "http://127.0.0.1:9/v1/" }').sage200?.baseUrl).toBe(
      'http://127.0.0.1:9/v1',
    );
  });

  test('a key without a value counts as left out', () => {
    const config = load(
      'server:\nsage200:\n  clientId: app\n  site:\n  company: ~\n  redirectUri: null\nevents: { url: , secret: }\nlinks:   # none',
    );

    expect(config.server.port).toBe(4000);
    expect(config.sage200).not.toHaveProperty('site');
    expect(config.sage200?.redirectUri).toBe('http://localhost:4000/connect/sage200/callback');
    expect(config.events).toBeUndefined();
    expect(config.links).toEqual([]);
  });
});

describe('values', () => {
  test.each([
    ['500ms', 500],
    ['15s', 15_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
  ])('%s is %i ms', (written, ms) => {
    expect(load(`sage200: { deadline: ${written} }`).sage200?.deadlineMs).toBe(ms);
  });

  test.each([
    ['512kb', 524_288],
    ['2MB', 2_097_152],
    ['1000', 1_000],
  ])('%s is %i bytes', (written, bytes) => {
    expect(load(`limits: { bodyBytes: ${written} }`).limits.bodyBytes).toBe(bytes);
  });

  test('PORT and HOST take precedence over the file, and publicUrl follows PORT unless it is given', () => {
    const env = { PORT: '4321', HOST: '::1' };

    expect(load('server: { port: 1 }', env).server).toMatchObject({
      host: '::1',
      port: 4321,
      publicUrl: 'http://localhost:4321',
    });
    expect(load('server: { publicUrl: https://g.example.com/ }', env).server.publicUrl).toBe('https://g.example.com');
    expect(load('sage200: {}', env).sage200?.redirectUri).toBe('http://localhost:4321/connect/sage200/callback');
    expect(load('', { PORT: '', HOST: '' }).server.port).toBe(4000);
  });

  test('placeholders work for numbers, flags, lists and parts of a text', () => {
    const text =
      'server: { port: "${P}", trustProxy: "${T}", cors: ["https://${H}"] }\nsage200:\n  clientId: ${ID}\n  audience: a/${ID}/${ID}';
    const { server, sage200 } = load(text, { P: '81', T: 'true', H: 'app.example.com', ID: '${P}' });

    expect(server).toMatchObject({ port: 81, trustProxy: true, cors: ['https://app.example.com'] });
    // What comes from the environment is not read again.
    expect(sage200).toMatchObject({ clientId: '${P}', audience: 'a/${P}/${P}' });
  });

  test('sites and companies may be written as numbers, and keep their zeros', () => {
    expect(load('sage200: { site: 007, company: 1 }').sage200).toMatchObject({ site: '007', company: '1' });
  });

  test('anchors and aliases of YAML work', () => {
    const { callers } = load(
      `erp: { tenants: [{ name: a, clientId: x, clientSecret: y, tenantId: z }] }\ncallers:\n  sessions: { tenants: &all [a] }\n  anonymous: { tenants: *all }`,
    );

    expect(callers.anonymous?.tenants).toEqual(['a']);
  });
});

describe('a tenant of Sage X3', () => {
  const tenant = (settings: string) => `erp: { tenants: [{ name: plant, clientId: a, clientSecret: b, ${settings} }] }`;
  const url = 'http://X3.example:8124/xtrem/api/';

  test('keeps its URL as given, is identified by its name, and needs no grant', () => {
    const { erp } = load(
      tenant(`kind: x3, url: "${url}", tokenLifetime: 60s, clockSkew: 5s, endpoint: SEED, user: gw`),
    );

    expect(erp.tenants[0]).toMatchObject({
      grant: 'x3-jwt',
      url,
      tenantId: 'plant',
      tokenLifetimeMs: 60_000,
      clockSkewMs: 5_000,
      endpoint: 'SEED',
      user: 'gw',
    });
  });

  test('may give only its grant', () => {
    expect(load(tenant(`grant: x3-jwt, url: "${url}"`)).erp.tenants[0]).toMatchObject({ grant: 'x3-jwt', url });
  });

  test.each([
    ['no url', 'kind: x3', 'erp.tenants[0].url is required'],
    ['no tenantId elsewhere', 'grant: client_credentials', 'erp.tenants[0].tenantId is required'],
    [
      'another grant',
      'kind: x3, grant: tenant, tenantId: t',
      'erp.tenants[0].grant "tenant" is for tenants of kind: sdmo',
    ],
    ['its grant elsewhere', `kind: sdmo, grant: x3-jwt, url: "${url}"`, 'is for tenants of kind: x3'],
    ['a user in the address', 'kind: x3, url: "https://a:b@x.example"', 'erp.tenants[0].url is not an address to use'],
    ['a ca that is not there', `kind: x3, url: "${url}", ca: ./none.pem`, 'is not a file of certificates'],
    ['a ca that holds none', `kind: x3, url: "${url}", ca: package.json`, 'is not a file of certificates'],
    ['an endpoint with a line break', `kind: x3, url: "${url}", endpoint: "A\\nb"`, 'is not an endpoint'],
  ])('with %s is reported with the place and what to write instead', (_what, settings, fault) => {
    expect(() => load(tenant(settings))).toThrow(fault);
  });
});

describe('secrets', () => {
  const text = `
vault: { url: "postgres://user:${MARKER}@db/x", key: ${KEY}, previousKeys: ["\${OLD}"] }
sage200: { clientId: a, clientSecret: ${MARKER}, subscriptionKey: ${MARKER} }
erp: { tenants: [{ name: a, clientId: x, clientSecret: "\${S}", tenantId: z }] }
network: { clientId: a, clientSecret: ${MARKER}, audience: b }
events: { url: "https://x.example", secret: ${MARKER} }
`;
  const env = { S: MARKER, OLD: Buffer.alloc(32, 8).toString('base64') };

  test('printing a configuration reveals none', () => {
    const config = load(text, env);
    const printed = `${inspect(config, { depth: 9 })} ${JSON.stringify(config)}`;

    expect(printed).not.toContain(MARKER);
    expect(printed).not.toContain(KEY);
    expect(printed).not.toContain(env.OLD);
    expect(config.vault.url).toContain(MARKER);
    expect(config.erp.tenants[0]?.clientSecret.reveal()).toBe(MARKER);
  });

  test.each([
    `vault: { key: ${MARKER}, previousKeys: [${MARKER}] }`,
    `vault: { url: "${MARKER}" }`,
    `vault: ${MARKER}`,
    'server: { port: "${S}", host: "${S}", publicUrl: "${S}" }\nlog: { level: "${S}" }',
    'callers: { apiKeys: [{ name: "${S} x", sha256: "${S}" }], anonymous: { tenants: ["${S}"] } }',
    `callers: { apiKeys: [{ name: a, sha256: ${MARKER} }] }`,
    `sage200: { clientSecrett: ${MARKER} }`,
    `sage200: { baseUrl: "https://user:${MARKER}@x.example" }`,
    `events: { url: "http://x.example/?token=${MARKER}" }`,
    `sage200: { clientSecret: "${MARKER}\nlog: {}`,
    `sage200: { clientSecret: ${MARKER} ] }`,
    `sage200:\n  clientSecret: ${MARKER}: ${MARKER}`,
    `sage200:\n  clientSecret: a\n ${MARKER}`,
    `sage200:\n  clientSecret: [${MARKER}]`,
  ])('a fault near one reveals none: %s', (faulty) => {
    const told = messageOf(faulty, { S: MARKER });

    expect(told).not.toBe('no fault');
    expect(told).not.toContain(MARKER);
  });
});
