import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { KEY, messageOf, SUM } from './load.ts';

/** File, part of the message with its place, environment. */
const FAULTS: [promise: string, text: string, message: string, env?: Record<string, string>][] = [
  ['an unknown key', 'server: { foo: 1 }', '1:11: server.foo is not a setting; remove it, or use one of host, port'],
  ['a misspelt key', 'sage200:\n  clientid: x', '2:3: sage200.clientid is not a setting; did you mean clientId?'],
  ['swapped letters', 'server: { prot: 1 }', 'did you mean port?'],
  ['a key of another section', 'port: 1', '1:1: port is not a setting; did you mean server.port?'],
  [
    'an unset variable',
    'sage200:\n  clientId: a-${NOPE}',
    '2:15: the environment variable NOPE is not set; set it, or',
  ],
  ['an empty variable', 'sage200:\n  clientSecret: ${E}', '2:17: ${E} is set but empty; give the variable', { E: '' }],
  ['a broken placeholder', 'sage200:\n  clientId: ${A-B}', '2:13: a placeholder is not complete; write ${NAME}'],
  ['an unquoted placeholder in brackets', 'sage200: { clientId: ${A} }', 'a placeholder needs quotes; write "${NAME}"'],
  ['a tab', 'server:\n\tport: 1', '2:1: a tab is used for indentation; use spaces'],
  ['a quote left open', 'server: { host: "x', 'is missing here or before; close what was opened'],
  ['two settings on a line', 'server: port: 1', '1:9: there are two settings on one line'],
  ['wrong indentation', 'server:\n  host: a\n port: 1', '3:1: this line is not indented like its neighbours'],
  [
    'a forbidden first character',
    'sage200: { audience: @x }',
    '1:22: a text cannot begin with this character; put quotes',
  ],
  ['a missing colon', 'server\nlog: {}', '1:1: a colon is missing after the name of the setting'],
  ['a second document', 'log: {}\n---\nlog: {}', 'there is a second document after ---; remove one'],
  ['an endless alias', 'links: &a [*a]', '1:12: an alias has no anchor before it; write the value itself'],
  ['a key twice', 'log: {}\nserver: {}\nlog: {}', '3:1: this setting is written twice; remove one of them'],
  ['a text instead of a file', 'hello', '1:1: the file is not a group of settings'],
  ['a value for a group', 'limits: 3', '1:9: limits is not a group of settings; write its keys below it'],
  ['a group for a value', 'server: { port: { a: 1 } }', '1:17: server.port is not a single value; write one'],
  ['a value for a list', 'server: { cors: x }', '1:17: server.cors is not a list; write [a, b]'],
  ['an empty place in a list', 'erp:\n  tenants:\n    -', 'erp.tenants[0] is required; add it'],
  [
    'a port out of range',
    'server: { port: 70000 }',
    '1:17: server.port "70000" is not a port; write a number from 1 to',
  ],
  ['PORT that is not a port', '', 'environment variable PORT: is not a port; write a number', { PORT: 'abc' }],
  [
    'a duration without unit',
    'server: { shutdownTimeout: 15 }',
    'server.shutdownTimeout "15" is not a duration from 0s',
  ],
  ['a duration too long', 'erp: { schemaRefresh: 25d }', 'erp.schemaRefresh "25d" is not a duration from 1s to 24d'],
  [
    'a breaker of one word',
    'erp: { breaker: no }',
    'erp.breaker is neither off nor settings; use off, or { window: 50, least: 20, failures: 0.5, pause: 5s }',
  ],
  [
    'a share of all',
    'erp: { breaker: { failures: 1 } }',
    'erp.breaker.failures "1" is not a share; write a number above 0 and below 1',
  ],
  [
    'a breaker that would never open',
    'sage200: { breaker: { window: 10 } }',
    'sage200.breaker.least is more than window, so it would never open; write no more than window',
  ],
  [
    'a size of nothing',
    'limits: { bodyBytes: 0 }',
    'limits.bodyBytes "0" is not a size; write a whole number and a unit',
  ],
  ['a number out of range', 'limits: { depth: 0 }', 'limits.depth "0" is not a whole number from 1 to 1000; write one'],
  [
    'a flag of other words',
    'server: { trustProxy: yes }',
    'server.trustProxy "yes" is not a yes or no; write true or false',
  ],
  [
    'an unknown word',
    'log: { level: loud }',
    'log.level "loud" is not one of the known words; write trace, debug, info',
  ],
  ['an unknown product', 'sage200: { product: pro }', 'write professional or standard'],
  ['CORS for everybody', 'server: { cors: ["*"] }', 'server.cors[0] "*" is not an origin; write scheme, host and port'],
  ['an origin with a path', 'server: { cors: [https://a.example/x] }', 'is not an origin'],
  [
    'a publicUrl that is none',
    'server: { publicUrl: gateway }',
    'server.publicUrl "gateway" is not the address of a gateway',
  ],
  [
    'http over the network',
    'sageId: { tokenUrl: "http://id.sage.com/t" }',
    'sageId.tokenUrl "http://id.sage.com/t" is not an',
  ],
  [
    'a password in an address',
    'sage200: { baseUrl: "https://a:b@x.example" }',
    'is not an address to use; write an https:// URL',
  ],
  ['a vault elsewhere', 'vault: { url: "mysql://x" }', 'vault.url is not a vault; write sqlite:<file> or postgres://'],
  ['a short vault key', 'vault: { key: abc }', 'vault.key is not a key; write 32 random bytes in base64'],
  [
    'PostgreSQL without key',
    'vault: { url: "postgres://h/d" }',
    '1:1: vault.key is required, since instances that share',
  ],
  ['a host open to others without vault key', 'server: { host: 0.0.0.0 }', 'vault.key is required unless'],
  ['HOST open to others without vault key', '', 'vault.key is required unless', { HOST: '0.0.0.0' }],
  [
    'anonymous callers on an open host',
    `server: { host: 0.0.0.0 }\nvault: { key: ${KEY} }\ncallers: { anonymous: {} }`,
    '3:23: callers.anonymous would admit everybody who can reach 0.0.0.0; listen on 127.0.0.1, or',
  ],
  ['a site alone', 'sage200: { site: 1 }', '1:1: sage200.company is required with site; write both'],
  ['a company alone', 'sage200: { company: 1 }', '1:1: sage200.site is required with company; write both'],
  ['a secret without id', 'sage200: { clientSecret: x }', 'sage200.clientId is required with clientSecret'],
  [
    'a connection without Sage 200',
    'callers: { anonymous: { connection: a } }',
    '1:37: callers.anonymous.connection "a" needs Sage 200; add the section sage200, or remove this setting',
  ],
  [
    'a connection without client id',
    'sage200: {}\ncallers: { anonymous: { connection: a } }',
    'sage200.clientId is required',
  ],
  [
    'pass-through without Sage 200',
    'callers: { passThrough: { companies: all } }',
    'callers.passThrough needs Sage 200',
  ],
  [
    'pass-through without companies',
    'sage200: { clientId: a }\ncallers:\n  passThrough: { readOnly: true }',
    '3:3: callers.passThrough.companies is required; write `companies: all` for every company',
  ],
  [
    'pass-through to tenants for everybody',
    'sage200: { clientId: a }\nerp: { tenants: [{ name: a, clientId: x, clientSecret: y, tenantId: z }] }\ncallers:\n  passThrough: { companies: all, tenants: [a] }',
    '4:3: callers.passThrough.allow is required with tenants',
  ],
  [
    'pass-through to a source with rights of its own, for everybody',
    'sage200: { clientId: a }\ncallers:\n  passThrough: { companies: all, paymentsOut: read }',
    '3:3: callers.passThrough.allow is required with paymentsOut',
  ],
  [
    'a right that there is not',
    'callers: { sessions: { paymentsOut: all } }',
    'callers.sessions.paymentsOut "all" is not one of the known words; write none, read or write',
  ],
  [
    'pass-through to tenants with an empty list',
    'sage200: { clientId: a }\nerp: { tenants: [{ name: a, clientId: x, clientSecret: y, tenantId: z }] }\ncallers:\n  passThrough: { companies: all, tenants: [a], allow: [] }',
    '4:55: callers.passThrough.allow is required with tenants',
  ],
  [
    'pass-through for a whole domain',
    'sage200: { clientId: a }\ncallers: { passThrough: { companies: all, allow: ["@hallam.example"] } }',
    'allow[0] "@hallam.example" is not an account; write the sub of its tokens, or a whole e-mail address',
  ],
  [
    'pass-through without any client id',
    'sage200: {}\ncallers: { passThrough: { companies: all } }',
    'callers.passThrough.clients is required, since there is no sage200.clientId',
  ],
  [
    'a key without companies',
    `callers:\n  apiKeys:\n    - { name: a, sha256: ${SUM} }`,
    '3:7: callers.apiKeys[0].companies is required; write `companies: all` for every company that its sign-in opens, or a list',
  ],
  [
    'an issuer without companies',
    'callers:\n  jwt:\n    - { issuer: i, audience: a, jwksUri: "https://i.example/k" }',
    '3:7: callers.jwt[0].companies is required; write `companies: all`',
  ],
  [
    "a key with a person's own connection",
    `callers:\n  apiKeys:\n    - { name: a, sha256: ${SUM}, companies: all, connection: person-0123456789abcdef }`,
    `callers.apiKeys[0].connection "person-0123456789abcdef" is a person's own connection, which only that person may use; use another name, and sign in for it`,
  ],
  [
    "anonymous callers with a person's own connection",
    'callers: { anonymous: { connection: person-0123456789abcdef } }',
    `callers.anonymous.connection "person-0123456789abcdef" is a person's own connection`,
  ],
  [
    'anonymous callers of a public address',
    'server: { publicUrl: https://gateway.example }\ncallers: { anonymous: {} }',
    '2:23: callers.anonymous would admit everybody who can reach gateway.example (server.publicUrl); remove this',
  ],
  [
    'a default tenant of others',
    `erp: { tenants: [{ name: a, clientId: x, clientSecret: y, tenantId: z }] }\ncallers:\n  apiKeys: [{ name: k, sha256: ${SUM}, companies: all, tenants: [a], defaultTenant: b }]`,
    'callers.apiKeys[0].defaultTenant "b" is not among the tenants of this caller; use one of a',
  ],
  [
    'a default tenant without tenants',
    'callers: { sessions: { defaultTenant: a } }',
    'callers.sessions.defaultTenant "a" is not among the tenants of this caller; add it to tenants first',
  ],
  [
    'pass-through: true',
    'callers: { passThrough: true }',
    'callers.passThrough is neither false nor settings; use false, or',
  ],
  [
    'an unknown key in a choice',
    'callers: { passThrough: { tenant: [] } }',
    'passThrough.tenant is not a setting; did you mean',
  ],
  [
    'a tenant nobody listed',
    'callers: { sessions: { tenants: [x] } }',
    'tenants[0] "x" is not a tenant of erp.tenants; add',
  ],
  [
    'another tenant than the listed',
    'erp: { tenants: [{ name: a, clientId: x, clientSecret: y, tenantId: z }] }\ncallers: { anonymous: { tenants: [b] } }',
    '2:35: callers.anonymous.tenants[0] "b" is not a tenant of erp.tenants; use one of a',
  ],
  [
    'two tenants of one name',
    'erp:\n  tenants:\n    - { name: a, clientId: x, clientSecret: y, tenantId: z }\n    - { name: A, clientId: x, clientSecret: y, tenantId: z }',
    '4:15: erp.tenants[1].name "A" is already the name of another tenant',
  ],
  [
    "a name that is another tenant's id",
    'erp:\n  tenants:\n    - { name: a, clientId: x, clientSecret: y, tenantId: b }\n    - { name: b, clientId: x, clientSecret: y, tenantId: z }',
    '4:15: erp.tenants[1].name "b" is the id of another tenant; write another name',
  ],
  [
    'a tenant without secret',
    'erp:\n  tenants:\n    - { name: a, clientId: x, tenantId: z }',
    '3:7: erp.tenants[0].clientSecret is required',
  ],
  [
    'a name with blanks',
    'callers: { apiKeys: [{ name: a b, sha256: x }] }',
    'apiKeys[0].name "a b" is not a name; write letters',
  ],
  [
    'a sum that is none',
    'callers: { apiKeys: [{ name: a, sha256: xyz }] }',
    'apiKeys[0].sha256 is not a SHA-256 sum; write the 64',
  ],
  ['a key without sum', 'callers: { apiKeys: [{ name: a }] }', 'callers.apiKeys[0].sha256 is required'],
  [
    'two keys of one name',
    `callers:\n  apiKeys:\n    - { name: a, sha256: ${SUM} }\n    - { name: a, sha256: ${'b'.repeat(64)} }`,
    '4:15: callers.apiKeys[1].name "a" is already the name of another key',
  ],
  [
    'one key twice',
    `callers:\n  apiKeys:\n    - { name: a, sha256: ${SUM} }\n    - { name: b, sha256: ${SUM} }`,
    '4:26: callers.apiKeys[1].sha256 is already the hash of another key',
  ],
  [
    'companies of other shape',
    `callers: { apiKeys: [{ name: a, sha256: ${SUM}, companies: some }] }`,
    'is neither all nor a list',
  ],
  [
    'a company without site',
    `callers: { apiKeys: [{ name: a, sha256: ${SUM}, companies: [{ company: 1 }] }] }`,
    'companies[0].site is required',
  ],
  [
    'a person that is none',
    'callers: { sessions: { allow: [bob] } }',
    'allow[0] "bob" is not a person; write an e-mail address, @ and a domain for everybody there, or sub: and a Sage ID subject',
  ],
  ['an event address alone', 'events: { url: "https://x.example" }', '1:1: events.secret is required with url'],
  ['an event secret alone', 'events: { secret: x }', '1:1: events.url is required with secret'],
  [
    'a link from elsewhere',
    'links: [{ name: a, from: Customer.x, to: b.c, key: d }]',
    'links[0].from "Customer.x" is not a type and its',
  ],
  [
    'a link to no node',
    'links: [{ name: a, from: Sage200A.x, to: b, key: d }]',
    'links[0].to "b" is not a package and its node',
  ],
  [
    'a link key that is not a path',
    'links: [{ name: a, from: Sage200A.x, to: b.c, key: "d e" }]',
    'links[0].key "d e" is not a path',
  ],
  [
    'two links of one name',
    'links:\n  - { name: a, from: Sage200A.x, to: b.c, key: d }\n  - { name: a, from: Sage200A.y, to: b.e, key: d }',
    '3:13: links[1].name "a" is already added to Sage200A by another link',
  ],
  [
    'a network section without audience',
    'network: { clientId: a, clientSecret: b }',
    '1:1: network.audience is required',
  ],
];

describe('faults', () => {
  test.each(FAULTS)('%s is reported with its place and what to write instead', (_promise, text, message, env) => {
    const told = messageOf(text, env);

    expect(told).toContain(message);
    expect(told).toMatch(/^ {2}(gateway\.yaml:\d+:\d+|environment variable \w+): .+[;?].*$/m);
  });

  test('all are reported at once, in the order of the file', () => {
    const text = `server:
  prot: 3
  host: 0.0.0.0
vault: { key: short }
sage200:
  site: 1
  clientSecret: \${NOPE}
callers:
  apiKeys:
    - { name: shop, tenants: [acme] }
  anonymous: {}
log: { level: loud }
`;
    expect(messageOf(text).match(/\d+:\d+: [\w.[\]]+/g)).toEqual([
      '2:3: server.prot',
      '4:15: vault.key',
      '5:1: sage200.company',
      '5:1: sage200.clientId',
      '7:17: the',
      '10:7: callers.apiKeys[0].sha256',
      '10:7: callers.apiKeys[0].companies',
      '10:31: callers.apiKeys[0].tenants[0]',
      '11:14: callers.anonymous',
      '12:15: log.level',
    ]);
  });

  test('a missing file is reported with its name', () => {
    expect(() => loadConfig({ path: '/nowhere/gateway.yaml', env: {} })).toThrow(
      '/nowhere/gateway.yaml: there is no such file; check the path',
    );
    expect(() => loadConfig({ path: '/', env: {} })).toThrow('the file cannot be read (EISDIR)');
  });
});
