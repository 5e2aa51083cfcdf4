import { remembered } from '../../kit/cache.ts';
import type { ErrorCode } from '../../kit/errors/index.ts';
import { type RequestHeaders, single } from '../../kit/http/index.ts';

/** What the checks look at, without reading or waiting. */
export interface RequestHead {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: RequestHeaders;
}

/** The settings for the checks, prepared once. */
export interface RequestRules {
  /** Headers that pages of allowed origins may send. */
  readonly corsHeaders: string;
  readonly publicOrigin: string;
  /** Host names, each with any port. */
  readonly hostnames: ReadonlySet<string>;
  /** Names with a port, as written in `allowedHosts`. */
  readonly hosts: ReadonlySet<string>;
  readonly corsOrigins: ReadonlySet<string>;
}

export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers that the gateway itself reads. */
const OWN_HEADERS = ['authorization', 'content-type', 'x-tenant', 'x-gateway-cost', 'traceparent'];

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A name or bracketed IPv6 address with an optional port: no user part, no path, no list. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(?::(\d{1,5}))?$/;

interface RuleSettings {
  readonly publicUrl: string;
  readonly allowedHosts: readonly string[];
  readonly cors: readonly string[];
}

/** @param sourceHeaders headers that sources read */
export function toRequestRules(settings: RuleSettings, sourceHeaders: readonly string[]): RequestRules {
  const { hostname, origin } = new URL(settings.publicUrl);
  const allowed = settings.allowedHosts.map((host) => host.toLowerCase());
  const hasPort = (host: string) => /:\d+$/.test(host);
  return {
    publicOrigin: origin,
    hostnames: new Set([hostname, ...LOOPBACK_NAMES, ...allowed.filter((host) => !hasPort(host))]),
    hosts: new Set(allowed.filter(hasPort)),
    corsHeaders: [...OWN_HEADERS, ...sourceHeaders].join(', '),
    corsOrigins: new Set(settings.cors.map((entry) => entry.toLowerCase().replace(/\/+$/, ''))),
  };
}

/**
 * Why this request is refused, no matter who sent it and whatever it contains; undefined if it may continue.
 * @param takesForeignPosts whether its route accepts forms from pages of any origin
 */
export function refuseRequest(rules: RequestRules, head: RequestHead, takesForeignPosts = false): Refusal | undefined {
  const place = refuseTarget(head) ?? refuseHost(rules, head);
  if (place || (takesForeignPosts && head.method === 'POST')) return place;
  return refuseOrigin(rules, head) ?? refuseBody(head);
}

/** Requests to a proxy have full URLs in the request line. The gateway is not a proxy, and the host in it would bypass the `Host` check. */
function refuseTarget({ target }: RequestHead): Refusal | undefined {
  if (target.startsWith('/')) return undefined;
  return { status: 400, code: 'BAD_USER_INPUT', message: 'The request line must have a path, such as /graphql.' };
}

/**
 * Any page can point its own host name at the gateway's address and then read answers in the browser (DNS rebinding);
 * its requests have that host name. The status is 403 and not 421, after which some clients and proxies retry.
 */
function refuseHost(rules: RequestRules, head: RequestHead): Refusal | undefined {
  const parsed = parseHost(single(head.headers['host']) ?? '');
  if (parsed && (rules.hostnames.has(parsed.name) || rules.hosts.has(parsed.host))) return undefined;
  return {
    status: 403,
    code: 'FORBIDDEN',
    message:
      'The gateway does not accept the name in the Host header. Add that name to server.allowedHosts, or use it in server.publicUrl.',
  };
}

/** Sandboxed frames, files and some redirects send `null`, but pages of the gateway never do. */
function refuseOrigin(rules: RequestRules, { headers }: RequestHead): Refusal | undefined {
  const origin = headers['origin'];
  if (origin === undefined) return undefined;
  const text = single(origin)?.toLowerCase();
  if (text !== undefined && (isOwnOrigin(rules, text, headers['host']) || isCorsOrigin(rules, text))) return undefined;
  return {
    status: 403,
    code: 'FORBIDDEN',
    message: 'Pages of this origin may not call the gateway. To allow them, add the origin to server.cors.',
  };
}

/** The gateway's own pages: under publicUrl, or under the loopback name that this request was sent to. */
function isOwnOrigin(rules: RequestRules, origin: string, host: string | readonly string[] | undefined): boolean {
  if (origin === rules.publicOrigin) return true;
  const served = parseHost(single(host) ?? '');
  return served !== undefined && LOOPBACK_NAMES.has(served.name) && origin === `http://${served.host}`;
}

function isCorsOrigin(rules: RequestRules, origin: string): boolean {
  return origin !== 'null' && rules.corsOrigins.has(origin);
}

/** Any page may submit a form without a preflight, but only with one of three other types. No other method has a body here. */
function refuseBody({ method, headers }: RequestHead): Refusal | undefined {
  if (method !== 'POST') return undefined;
  if (!isJson(single(headers['content-type']) ?? '')) {
    return {
      status: 415,
      code: 'BAD_USER_INPUT',
      message: 'Send the body as JSON in UTF-8, with the header Content-Type: application/json.',
      headers: { 'accept-post': 'application/json' },
    };
  }
  const coding = single(headers['content-encoding'])?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity') return undefined;
  return {
    status: 415,
    code: 'BAD_USER_INPUT',
    message: 'Send the body uncompressed, without a Content-Encoding header.',
    headers: { 'accept-encoding': 'identity' },
  };
}

const isJson = remembered('content types', (contentType) => {
  const [type, ...parameters] = contentType.toLowerCase().split(';');
  if (type?.trim() !== 'application/json') return false;
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='));
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset);
});

/** Whether this is a CORS preflight. */
export function isPreflight({ method, headers }: RequestHead): boolean {
  return method === 'OPTIONS' && headers['origin'] !== undefined && 'access-control-request-method' in headers;
}

/**
 * Headers that tell a browser that a page of another origin may read the answer. None for origins that are not
 * in `cors`. There is no `Access-Control-Allow-Credentials`, so cookies only work from the gateway's own pages.
 */
export function corsHeaders(rules: RequestRules, head: RequestHead): Readonly<Record<string, string>> {
  if (rules.corsOrigins.size === 0) return NO_HEADERS;
  const origin = single(head.headers['origin']);
  // Also without an origin, so that a cache does not give that answer to a page with one.
  if (origin === undefined || !isCorsOrigin(rules, origin.toLowerCase())) return { vary: 'Origin' };
  const allowed = { 'access-control-allow-origin': origin, vary: 'Origin' };
  if (!isPreflight(head)) return { ...allowed, 'access-control-expose-headers': 'x-request-id, etag, retry-after' };
  return {
    ...allowed,
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': rules.corsHeaders,
    'access-control-max-age': '600',
  };
}

const NO_HEADERS = {};

interface Host {
  readonly name: string;
  /** Includes the port, if there is one. */
  readonly host: string;
}

const parseHost = remembered('host headers', (header): Host | undefined => {
  const match = HOST.exec(header.toLowerCase());
  const name = match?.[1];
  if (name === undefined) return undefined;
  return { name, host: match?.[2] === undefined ? name : `${name}:${match[2]}` };
});
