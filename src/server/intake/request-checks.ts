import { remembered } from '../../kit/cache.ts';
import type { ErrorCode } from '../../kit/errors/index.ts';
import { type RequestHeaders, single } from '../../kit/http/index.ts';

/** What the checks look at: nothing that must be read or waited for. */
export interface RequestHead {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: RequestHeaders;
}

/** The settings behind the checks, prepared once. */
export interface RequestRules {
  /** That pages of allowed origins may send. */
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

/** Header fields that we read ourselves. */
const OWN_HEADERS = ['authorization', 'content-type', 'x-tenant', 'x-gateway-cost', 'traceparent'];

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A name or bracketed IPv6 address and perhaps a port: no user part, no path, no list. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(?::(\d{1,5}))?$/;

interface RuleSettings {
  readonly publicUrl: string;
  readonly allowedHosts: readonly string[];
  readonly cors: readonly string[];
}

/** @param sourceHeaders header fields that sources read */
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
 * Why this request gets no answer, no matter who sent it and whatever it asks; undefined when it may go on.
 * @param takesForeignPosts whether its route is for forms on pages of any origin
 */
export function refuseRequest(rules: RequestRules, head: RequestHead, takesForeignPosts = false): Refusal | undefined {
  const place = refuseTarget(head) ?? refuseHost(rules, head);
  if (place || (takesForeignPosts && head.method === 'POST')) return place;
  return refuseOrigin(rules, head) ?? refuseBody(head);
}

/** Proxies write whole URLs into the request line; we are none, and the host in it would pass the `Host` check by. */
function refuseTarget({ target }: RequestHead): Refusal | undefined {
  if (target.startsWith('/')) return undefined;
  return { status: 400, code: 'BAD_USER_INPUT', message: 'The request line must hold a path, such as /graphql.' };
}

/**
 * A page of anybody can point its own name at our address and so read what its browser reads (DNS rebinding);
 * its requests then carry that name. 403 and not 421, which some clients and proxies answer by trying again.
 */
function refuseHost(rules: RequestRules, head: RequestHead): Refusal | undefined {
  const parsed = parseHost(single(head.headers['host']) ?? '');
  if (parsed && (rules.hostnames.has(parsed.name) || rules.hosts.has(parsed.host))) return undefined;
  return {
    status: 403,
    code: 'FORBIDDEN',
    message:
      'The gateway is not known by the name in the Host header. Add that name to server.allowedHosts, or make it the host of server.publicUrl.',
  };
}

/** `null` is what sandboxed frames, files and some redirects send: never one of the gateway's. */
function refuseOrigin(rules: RequestRules, { headers }: RequestHead): Refusal | undefined {
  const origin = headers['origin'];
  if (origin === undefined) return undefined;
  const text = single(origin)?.toLowerCase();
  if (text !== undefined && (isOwnOrigin(rules, text, headers['host']) || isCorsOrigin(rules, text))) return undefined;
  return {
    status: 403,
    code: 'FORBIDDEN',
    message: 'Pages of this origin may not call the gateway. Add the origin to server.cors if they should.',
  };
}

/** Our own pages: under publicUrl, or under the loopback name that this very request was sent to. */
function isOwnOrigin(rules: RequestRules, origin: string, host: string | readonly string[] | undefined): boolean {
  if (origin === rules.publicOrigin) return true;
  const served = parseHost(single(host) ?? '');
  return served !== undefined && LOOPBACK_NAMES.has(served.name) && origin === `http://${served.host}`;
}

function isCorsOrigin(rules: RequestRules, origin: string): boolean {
  return origin !== 'null' && rules.corsOrigins.has(origin);
}

/** A form, which any page may submit without asking, sends one of three other types. No other method has a body here. */
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

/** Whether a browser asks if it may send the real request. */
export function isPreflight({ method, headers }: RequestHead): boolean {
  return method === 'OPTIONS' && headers['origin'] !== undefined && 'access-control-request-method' in headers;
}

/**
 * What tells a browser that a page of another origin may read the answer. Nothing at all for origins that are not
 * in `cors`. Without `Access-Control-Allow-Credentials`: cookies stay with our own pages.
 */
export function corsHeaders(rules: RequestRules, head: RequestHead): Readonly<Record<string, string>> {
  if (rules.corsOrigins.size === 0) return NO_HEADERS;
  const origin = single(head.headers['origin']);
  // Also without an origin: a cache must not give that answer to a page of one.
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
  /** With the port, where there is one. */
  readonly host: string;
}

const parseHost = remembered('host headers', (header): Host | undefined => {
  const match = HOST.exec(header.toLowerCase());
  const name = match?.[1];
  if (name === undefined) return undefined;
  return { name, host: match?.[2] === undefined ? name : `${name}:${match[2]}` };
});
