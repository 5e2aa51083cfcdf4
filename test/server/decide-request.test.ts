import { describe, expect, test } from 'vitest';
import { type Decision, decideRequest } from '../../src/server/decide-request.ts';
import { toRequestRules } from '../../src/server/intake/request-checks.ts';
import type { Route } from '../../src/server/routes/route.ts';

const RULES = toRequestRules(
  {
    publicUrl: 'https://gateway.example',
    allowedHosts: [],
    cors: ['https://shop.example'],
  },
  ['x-site'],
);

const handlers = { GET: async () => ({ status: 200 }), POST: async () => ({ status: 200 }) };
const ROUTES: readonly Route[] = [
  { path: '/', access: 'page', handlers },
  { path: '/health', access: 'open', handlers },
  { path: '/graphql', access: 'caller', matches: ({ method }) => method !== 'HEAD', handlers },
  { path: '/schema', access: 'caller', takesVisitors: true, handlers },
  { path: '/metrics', access: 'page', matches: ({ remoteAddress }) => remoteAddress === '127.0.0.1', handlers },
  { path: '/metrics', access: 'metrics', handlers },
];

const JSON_BODY = { 'content-type': 'application/json' };
const KEY = { authorization: 'Bearer any' };
const PREFLIGHT = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };

function decide(line: string, headers: Record<string, string> = {}, remoteAddress = '192.0.2.1'): Decision {
  const [method = '', target = ''] = line.split(' ');
  const path = target.replace(/\?.*/, '');
  return decideRequest(RULES, ROUTES, {
    method,
    target,
    path,
    remoteAddress,
    headers: { host: 'gateway.example', ...headers },
  });
}

describe('a request that may run needs its caller', () => {
  test.each<[string, Record<string, string>, string]>([
    ['GET /health', {}, 'nobody'],
    ['GET /health', KEY, 'nobody'],
    ['GET /', {}, 'nobody'],
    ['GET /', KEY, 'caller'],
    ['HEAD /', KEY, 'caller'],
    ['POST /graphql', JSON_BODY, 'caller'],
    ['GET /graphql?query={x}', {}, 'caller'],
    ['GET /schema', {}, 'caller or visitor'],
    ['GET /schema', KEY, 'caller'],
    ['GET /metrics', {}, 'metrics'],
    ['GET /metrics', KEY, 'metrics'],
    ['POST /graphql', { ...JSON_BODY, origin: 'https://shop.example' }, 'caller'],
  ])('%s with %o: %s', (line, headers, check) => {
    expect(decide(line, headers)).toMatchObject({ kind: 'run', check });
  });

  test('as the first matching route of its path says', () => {
    expect(decide('GET /metrics', {}, '127.0.0.1')).toMatchObject({ kind: 'run', check: 'nobody', route: ROUTES[4] });
  });

  test('a HEAD is run as a GET', () => {
    expect(decide('HEAD /')).toMatchObject({ method: 'GET', route: ROUTES[0] });
  });
});

describe('a request is refused before its caller is identified', () => {
  test.each<[string, string, Record<string, string>, number]>([
    ['a whole address', 'GET http://gateway.example/', {}, 400],
    ['another host', 'GET /', { host: 'evil.example' }, 403],
    ['another origin', 'POST /graphql', { ...JSON_BODY, ...KEY, origin: 'https://evil.example' }, 403],
    ['a preflight of another origin', 'OPTIONS /graphql', { ...PREFLIGHT, origin: 'https://evil.example' }, 403],
    ['a form', 'POST /graphql', { ...KEY, 'content-type': 'text/plain' }, 415],
    ['a compressed body', 'POST /graphql', { ...JSON_BODY, 'content-encoding': 'gzip' }, 415],
  ])('%s', (_, line, headers, status) => {
    expect(decide(line, headers)).toMatchObject({ kind: 'refuse', check: 'nobody', refusal: { status } });
  });
});

describe('strangers learn that a path does not exist, but not callers with wrong credentials', () => {
  test.each<[string, Record<string, string>, number]>([
    ['GET /nowhere', {}, 404],
    ['DELETE /graphql', {}, 405],
    ['PUT /graphql', JSON_BODY, 405],
    ['PUT /graphql', {}, 405],
    ['PATCH /graphql', { 'content-type': 'text/plain' }, 405],
  ])('%s', (line, headers, status) => {
    expect(decide(line, headers)).toMatchObject({ kind: 'refuse', check: 'nobody', refusal: { status } });
    expect(decide(line, { ...headers, ...KEY })).toMatchObject({
      kind: 'refuse',
      check: 'caller',
      refusal: { status },
    });
  });
});

test('405 lists the methods of the path', () => {
  for (const line of ['PUT /graphql', 'PATCH /graphql', 'DELETE /graphql'])
    expect(decide(line)).toMatchObject({ refusal: { status: 405, headers: { allow: 'GET, POST' } } });
  expect(decide('PUT /health')).toMatchObject({ refusal: { status: 405, headers: { allow: 'GET, HEAD, POST' } } });
});

test('OPTIONS lists the methods of a path', () => {
  const allow = (line: string) => decide(line, {});

  expect(allow('OPTIONS /graphql')).toMatchObject({
    kind: 'allow',
    check: 'nobody',
    headers: { allow: expect.any(String) },
  });
  expect(allow('OPTIONS /nowhere')).toMatchObject({ kind: 'refuse', refusal: { status: 404 } });
});

test('a preflight of an allowed origin is answered at once, whatever the path', () => {
  for (const path of ['/graphql', '/nowhere']) {
    expect(decide(`OPTIONS ${path}`, PREFLIGHT)).toEqual({ kind: 'allow', check: 'nobody' });
  }
});
