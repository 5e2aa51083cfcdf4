// One list, longer than most files: every kind of request that the front door can be sent.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Speech } from '../support/raw-http.ts';

/** What a kind is written with: its own document, so that no gateway has seen it yet, and who may ask. */
export interface KindInput {
  readonly query: string;
  readonly owner: string;
  readonly reader: string;
}

export interface RequestKind extends Speech {
  readonly name: string;
  /** Lines in the log about requests. @default as many as there are answers from 200 on */
  readonly lines?: number;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Plain {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  readonly headers?: Headers;
  readonly body?: string | Buffer | undefined;
}

/** The bytes of a request; a header that is undefined is left out, also one that is usually there. */
export function bytesOf(
  { method = 'POST', target = '/graphql', version = '1.1', headers = {}, body }: Plain,
  owner: string,
): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0));
  const isSent = body !== undefined;
  const all: Headers = {
    host: 'localhost:4000',
    authorization: owner,
    ...(isSent && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : (value ?? [])).map((each) => `${name}: ${each}\r\n`),
  );
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n`, 'latin1'), bytes]);
}

/** All kinds, each with a document of its own. */
export function requestKinds(input: (name: string) => KindInput): RequestKind[] {
  const kinds: RequestKind[] = [];
  const add = (
    name: string,
    make: (given: KindInput) => Plain | (Omit<Speech, 'answers'> & { readonly answers?: number }),
    more: Partial<RequestKind> = {},
  ) => {
    const given = input(name);
    const made = make(given);
    const parts = 'parts' in made ? made.parts : [bytesOf(made, given.owner)];
    kinds.push({ answers: 1, ...('parts' in made ? made : {}), name, parts, ...more });
  };
  const withBody = (name: string, body: (query: string) => unknown) =>
    add(name, ({ query }) => ({ body: JSON.stringify(body(query)) }));
  const withHeaders = (name: string, headers: Headers, body = (query: string): unknown => ({ query })) =>
    add(name, ({ query }) => ({ headers, body: JSON.stringify(body(query)) }));
  const withText = (name: string, body: (query: string) => string | Buffer) =>
    add(name, ({ query }) => ({ body: body(query) }));

  withBody('the usual', (query) => ({ query }));

  for (const type of [
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=iso-8859-1',
    'Application/JSON',
    'application/json; foo=bar',
    'application/graphql-response+json',
    'application/graphql',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    '',
  ]) {
    withHeaders(`content-type ${type}`, { 'content-type': type });
  }
  withHeaders('no content-type', { 'content-type': undefined });
  withHeaders('two content-types', { 'content-type': ['application/json', 'text/plain'] });
  withHeaders('content-encoding identity', { 'content-encoding': 'identity' });
  for (const [coding, pack] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const) {
    add(`a body packed by ${coding}`, ({ query }) => ({
      headers: { 'content-encoding': coding },
      body: pack(JSON.stringify({ query })),
    }));
  }

  for (const accept of [
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'application/graphql-response+json, application/json;q=0.9',
    'application/json;q=0',
    'application/json; q=0.5, application/graphql-response+json',
    'application/json; charset=utf-8',
    'application/json; charset=latin1',
    'application/*',
    'APPLICATION/JSON',
    'text/html',
    'text/html, application/json',
    'text/plain, */*;q=0.1',
    'text/plain',
    'text/event-stream',
    'multipart/mixed',
    '',
    ',',
  ]) {
    withHeaders(`accept ${accept}`, { accept });
    withHeaders(`accept ${accept}, of a document with a fault`, { accept }, (query) => ({
      query: query.replace('{', '{ nothing '),
    }));
  }
  withHeaders('two accepts', { accept: ['text/plain', 'application/json'] });

  withText('an empty body', () => '');
  for (const text of ['{', 'null', '[]', '5', '"text"', '{}', '{"query":5}', '{"query":null}', '{"query":""}', '\0']) {
    withText(`the body ${JSON.stringify(text)}`, () => text);
  }
  withText('blanks around', (query) => ` \r\n${JSON.stringify({ query }, undefined, 2)}\n `);
  withText('a byte order mark', (query) => `\ufeff${JSON.stringify({ query })}`);
  withText('more after the end', (query) => `${JSON.stringify({ query })}}`);
  withText('two in one body', (query) => `${JSON.stringify({ query })}\n${JSON.stringify({ query })}`);
  withText('a member twice', (query) => `{"query":"{ nothing }","query":${JSON.stringify(query)}}`);
  withText('a member twice, the other last', (query) => `{"query":${JSON.stringify(query)},"query":"{ nothing }"}`);
  withText('a member with escapes', (query) => `{"\\u0071uery":${JSON.stringify(query).replaceAll('{', '\\u007b')}}`);
  withText(
    'the prototype as a member',
    (query) => `{"query":${JSON.stringify(query)},"__proto__":{"operationName":"X"}}`,
  );
  withText('bytes that are no UTF-8', (query) =>
    Buffer.concat([
      Buffer.from(`{"query":${JSON.stringify(query)},"operationName":"`),
      Buffer.from([0xff, 0xfe, 0x22, 0x7d]),
    ]),
  );
  withText('a lone surrogate in the document', (query) => `{"query":${JSON.stringify(`${query} #\ud800`)}}`);

  withBody('a batch of one', (query) => [{ query }]);
  withBody('a batch', (query) => [{ query }, { query }]);
  for (const variables of [null, {}, { nothing: 1 }, [], 'x', 5, true, { n: 'x' }]) {
    withBody(`variables ${JSON.stringify(variables)}`, (query) => ({ query, variables }));
  }
  for (const variables of [{ n: 2 }, { n: null }, {}, { n: '2' }, { n: 2.5 }, { n: 2, m: 3 }, null, undefined]) {
    withBody(`a variable for ${JSON.stringify(variables)}`, (query) => ({
      query: `query ($n: Int!) ${query.replace('first: 3', 'first: $n')}`,
      variables,
    }));
  }
  for (const operationName of [null, '', 'X', 5, {}, 'x'.repeat(300)]) {
    withBody(`operationName ${JSON.stringify(operationName)}`, (query) => ({ query, operationName }));
    withBody(`operationName ${JSON.stringify(operationName)} with two to choose from`, (query) => ({
      query: `query X ${query} query Y { __typename }`,
      operationName,
    }));
  }
  withBody('operationName of the only one', (query) => ({ query: `query Y ${query}`, operationName: 'Y' }));
  withBody('a long name', (query) => ({ query: `query ${'Y'.repeat(200)} ${query}` }));
  for (const extensions of [
    {},
    null,
    5,
    { persistedQuery: { version: 1, sha256Hash: 'x' } },
    { plan: true },
    { plan: 'x' },
    { clientLibrary: { name: '@apollo/client', version: '4.0.0' } },
    { clientLibrary: { name: '@apollo/client', version: '4.0.0' }, plan: true },
    { persistedQuery: null, plan: false, tracing: [1], ['__proto__']: { plan: true } },
    [],
    'text',
  ]) {
    withBody(`extensions ${JSON.stringify(extensions)}`, (query) => ({ query, extensions }));
  }
  add('a plan asked for by a reader', ({ reader, query }) => ({
    headers: { authorization: reader },
    body: JSON.stringify({ query, extensions: { plan: true } }),
  }));
  withBody('a member nobody knows', (query) => ({ query, id: 'x' }));
  withBody('a document that is only a comment', (query) => ({ query: `# ${query}` }));
  withBody('the same with blanks and commas', (query) => ({
    query: `\ufeff ,,\n${query.replaceAll(' ', ' \t,')}\r\n# end`,
  }));
  withBody('a subscription', (query) => ({ query: `subscription ${query}` }));
  withBody('a mutation with a fault', () => ({ query: 'mutation { sage200 { nothing } }' }));
  add('a mutation of a reader', ({ reader }) => ({
    headers: { authorization: reader },
    body: JSON.stringify({ query: 'mutation { sage200 { deleteCustomer(id: "1") { deletedId } } }' }),
  }));
  add('a query of a reader', ({ reader, query }) => ({
    headers: { authorization: reader },
    body: JSON.stringify({ query }),
  }));

  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'post']) {
    add(
      `the method ${method}`,
      ({ query }) => ({ method, body: JSON.stringify({ query }) }),
      // Node itself does not know this one.
      method === 'post' ? { lines: 0 } : {},
    );
  }
  const search = (parameters: Record<string, string>) => `/graphql?${new URLSearchParams(parameters)}`;
  add('HEAD', ({ query }) => ({ method: 'HEAD', target: search({ query }) }), { isHead: true });
  add('GET', ({ query }) => ({ method: 'GET', target: search({ query }) }));
  add('GET without a query', () => ({ method: 'GET' }));
  add('GET with an empty query', () => ({ method: 'GET', target: search({ query: '' }) }));
  add('GET with variables', ({ query }) => ({
    method: 'GET',
    target: search({ query: `query ($n: Int) ${query.replace('first: 3', 'first: $n')}`, variables: '{"n":2}' }),
  }));
  add('GET with variables that are no JSON', ({ query }) => ({
    method: 'GET',
    target: search({ query, variables: '{' }),
  }));
  add('GET with an operationName', ({ query }) => ({
    method: 'GET',
    target: search({ query: `query X ${query} query Y { __typename }`, operationName: 'Y' }),
  }));
  add('GET with extensions', ({ query }) => ({ method: 'GET', target: search({ query, extensions: '{}' }) }));
  add('GET with a body', ({ query }) => ({
    method: 'GET',
    target: search({ query }),
    body: '{"query":"{ nothing }"}',
  }));
  add('GET of a mutation', () => ({ method: 'GET', target: search({ query: 'mutation { sage200 { __typename } }' }) }));
  add('POST with the query in the address', ({ query }) => ({ target: search({ query }), body: '{}' }));
  add('POST with a query in both places', ({ query }) => ({
    target: search({ query: '{ nothing }' }),
    body: JSON.stringify({ query }),
  }));
  for (const target of [
    '/graphql?',
    '/graphql?a=b',
    '/graphql/',
    '//graphql',
    '/GraphQL',
    '/graphql#x',
    '/%67raphql',
  ]) {
    add(`the target ${target}`, ({ query }) => ({ target, body: JSON.stringify({ query }) }));
  }
  add('a whole address as target', ({ query }) => ({
    target: 'http://localhost:4000/graphql',
    body: JSON.stringify({ query }),
  }));

  for (const host of [
    'evil.example',
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:9',
    '[::1]:4000',
    'localhost.',
    'a b',
    '',
  ]) {
    withHeaders(`host ${host}`, { host });
  }
  withHeaders('no host', { host: undefined });
  withHeaders('two hosts', { host: ['localhost', 'evil.example'] });
  for (const origin of [
    'https://evil.example',
    'null',
    'http://localhost:4000',
    'https://shop.example',
    'HTTPS://SHOP.example',
    'https://shop.example.evil',
    '',
  ]) {
    withHeaders(`origin ${origin}`, { origin });
    for (const asked of ['POST', 'DELETE', '']) {
      add(`a preflight for ${asked} of ${origin}`, () => ({
        method: 'OPTIONS',
        headers: {
          origin,
          authorization: undefined,
          'access-control-request-method': asked,
          'access-control-request-headers': 'content-type, authorization',
        },
      }));
    }
  }
  withHeaders('two origins', { origin: ['https://shop.example', 'https://evil.example'] });

  for (const authorization of ['', 'Bearer', 'Bearer sgk_wrong', 'Basic eDp5', 'bearer x', 'Bearer a.b.c']) {
    withHeaders(`authorization ${authorization}`, { authorization });
  }
  withHeaders('no authorization', { authorization: undefined });
  withHeaders('a forwarded request', { 'x-forwarded-for': '10.1.2.3', 'x-forwarded-host': 'evil.example' });
  withHeaders('a cookie', { cookie: 'sage_session=x; a=b' });
  withHeaders('a number of its own', { 'x-request-id': 'mine', traceparent: '00-1-2-01' });
  add('the scheme in lower case', ({ owner, query }) => ({
    headers: { authorization: owner.replace('Bearer', 'bearer') },
    body: JSON.stringify({ query }),
  }));
  add('two authorizations', ({ owner, query }) => ({
    headers: { authorization: [owner, 'Bearer x'] },
    body: JSON.stringify({ query }),
  }));
  for (const tenant of ['acme', 'globex', 'nobody', '', ' acme '])
    withHeaders(`x-tenant ${tenant}`, { 'x-tenant': tenant });
  for (const company of ['1', '2', '77', 'x y', '']) withHeaders(`x-company ${company}`, { 'x-company': company });
  withHeaders('x-site that nobody has', { 'x-site': 'nowhere' });
  withHeaders('two x-companies', { 'x-company': ['1', '2'] });

  for (const coding of ['gzip', 'br', 'gzip, br', 'gzip;q=0', 'x-gzip', 'deflate', 'identity', '*', 'BR', '']) {
    withHeaders(`accept-encoding ${coding}`, { 'accept-encoding': coding });
    withHeaders(`accept-encoding ${coding} of a large answer`, { 'accept-encoding': coding }, (query) => ({
      query: `{ sage200 { customers(first: 60) { nodes { id ${query.length > 0 ? LARGE : ''} } } } } # ${query}`,
    }));
  }
  withHeaders('a large answer', {}, (query) => ({
    query: `{ sage200 { customers(first: 60) { nodes { id ${LARGE} } } } } # ${query}`,
  }));

  const large = (query: string) => JSON.stringify({ query: `${query} # ${'x'.repeat(1_200_000)}` });
  withText('a body that is too long', (query) => large(query));
  add('a body that is said to be far too long', () => ({ headers: { 'content-length': '100000000' }, body: '{' }));
  add('a body as long as allowed', ({ query }) => ({
    body: JSON.stringify({ query }).padEnd(1_000_000 - 1, ' '),
  }));
  add('a body in pieces', ({ query }) => ({
    headers: { 'transfer-encoding': 'chunked', 'content-length': undefined },
    body: chunked(JSON.stringify({ query }), 7),
  }));
  add('a body in pieces that is too long', ({ query }) => ({
    headers: { 'transfer-encoding': 'chunked', 'content-length': undefined },
    body: chunked(large(query), 100_000),
  }));
  add('no body and no length', () => ({ headers: { 'content-type': 'application/json' } }));
  withHeaders('a length of nothing', { 'content-length': '0' }, () => undefined);

  const expecting = (headers: Headers, { query, owner }: KindInput, answers: number) => {
    const body = JSON.stringify({ query });
    const head = bytesOf(
      { headers: { expect: '100-continue', 'content-length': String(body.length), ...headers }, body: '' },
      owner,
    );
    return { parts: [head, 1, body], answers };
  };
  add('expect 100-continue', (given) => expecting({}, given, 2), { lines: 1 });
  add('expect 100-continue without credentials', (given) => expecting({ authorization: undefined }, given, 1), {});
  add('expect 100-continue at another host', (given) => expecting({ host: 'evil.example' }, given, 1), {});
  add('expect 100-continue for far too much', (given) => expecting({ 'content-length': '100000000' }, given, 1), {});
  withHeaders('expect something else', { expect: 'something' }, (query) => ({ query }));

  add('one after the other on one connection', ({ query, owner }) => {
    const bytes = bytesOf({ body: JSON.stringify({ query }) }, owner);
    return { parts: [bytes, 1, bytes, 2, bytes], answers: 3 };
  });
  add('three at once on one connection', ({ query, owner }) => {
    const bytes = bytesOf({ body: JSON.stringify({ query }) }, owner);
    return { parts: [Buffer.concat([bytes, bytes, bytes])], answers: 3 };
  });
  withHeaders('connection: close', { connection: 'close' });
  add('HTTP/1.0', ({ query }) => ({ version: '1.0', body: JSON.stringify({ query }) }));
  add('HTTP/1.0, kept alive', ({ query }) => ({
    version: '1.0',
    headers: { connection: 'keep-alive' },
    body: JSON.stringify({ query }),
  }));
  add('in two pieces', ({ query, owner }) => {
    const bytes = bytesOf({ body: JSON.stringify({ query }) }, owner);
    return { parts: [bytes.subarray(0, 30), bytes.subarray(30, -10), bytes.subarray(-10)] };
  });
  withHeaders('an upgrade', { connection: 'upgrade', upgrade: 'websocket' });
  return kinds;
}

const LARGE = Array.from({ length: 40 }, (_, index) => `n${index}: name`).join(' ');

function chunked(text: string, size: number): string {
  const pieces = [...text.matchAll(new RegExp(`[^]{1,${size}}`, 'g'))].map(([piece]) => piece);
  return `${pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`;
}
