import type { IncomingHttpHeaders } from 'node:http';
import type { LoggedRequest } from './control.ts';
import { fingerprint } from './fingerprint.ts';

/** Number of newest entries to keep: enough for a load test, and bounded for a sandbox that runs for days. */
const KEPT = 5_000;

const SECRET_HEADERS = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-tokens',
  'x-api-key',
  'api-key',
  'ocp-apim-subscription-key',
];

/** Compared without underscores, hyphens and case: `client_secret` and `clientSecret` are one. */
const SECRET_FIELDS = new Set([
  'clientsecret',
  'refreshtoken',
  'accesstoken',
  'idtoken',
  'idtokenhint',
  'codeverifier',
  'clientassertion',
  'password',
]);

/** Too common to be secrets anywhere: products have a `code` as well. */
const SECRET_IN_TOKEN_REQUESTS = new Set(['code', 'token']);

export interface RequestLog {
  list(): LoggedRequest[];
  clear(): void;
  /** Adds a running request. @returns what to call, once, with its status when it ended. */
  begin(request: BegunRequest): (status: number) => void;
}

export interface BegunRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Epoch ms. */
  readonly startedAt: number;
}

type Entry = { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] };

export function createRequestLog(secretHeaders: readonly string[] = []): RequestLog {
  const secret = new Set([...SECRET_HEADERS, ...secretHeaders.map((name) => name.toLowerCase())]);
  let entries: Entry[] = [];

  return {
    list: () => entries.slice(-KEPT).map((entry) => ({ ...entry })),
    clear() {
      entries = [];
    },
    begin({ method, path, headers, body, startedAt }) {
      const entry: Entry = {
        method,
        path: hideInPath(path),
        headers: hideHeaders(headers, secret),
        body: body.length > 0 ? readBody(body, headers['content-type'] ?? '') : undefined,
        status: 0,
        startedAt,
        endedAt: startedAt,
      };
      entries.push(entry);
      // Removes entries in bulk: removing one at every request would move all others each time.
      if (entries.length > KEPT * 2) entries = entries.slice(-KEPT);
      return (status) => {
        entry.status = status;
        entry.endedAt = Date.now();
      };
    },
  };
}

function hideHeaders(headers: IncomingHttpHeaders, secret: ReadonlySet<string>): Record<string, string> {
  const shown = Object.entries(headers).map(([name, value]): [string, string] => {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
    return [name, secret.has(name) ? fingerprint(text) : text];
  });
  return Object.fromEntries(shown);
}

function hideInPath(path: string): string {
  const start = path.indexOf('?');
  if (start < 0) return path;
  const query = path
    .slice(start + 1)
    .split('&')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return isSecretField(name) ? `${name}=${fingerprint(value.join('='))}` : pair;
    });
  return `${path.slice(0, start)}?${query.join('&')}`;
}

function readBody(body: Buffer, contentType: string): unknown {
  const text = body.toString('utf8');
  if (contentType.includes('application/x-www-form-urlencoded')) {
    return hideFields(Object.fromEntries(new URLSearchParams(text)), true);
  }
  try {
    return hideFields(JSON.parse(text), true);
  } catch {
    return text;
  }
}

function hideFields(value: unknown, isTop: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => hideFields(item, false));
  if (typeof value !== 'object' || value === null) return value;
  const isTokenRequest = isTop && ('grant_type' in value || 'client_id' in value || 'token_type_hint' in value);
  const shown = Object.entries(value).map(([name, member]): [string, unknown] => {
    const isSecret = isSecretField(name) || (isTokenRequest && SECRET_IN_TOKEN_REQUESTS.has(name));
    return [name, isSecret && typeof member === 'string' ? fingerprint(member) : hideFields(member, false)];
  });
  return Object.fromEntries(shown);
}

const isSecretField = (name: string) => SECRET_FIELDS.has(name.replaceAll(/[_-]/g, '').toLowerCase());
