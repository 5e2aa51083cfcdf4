/** How values are written in the file: durations, sizes, addresses. Pure; each returns `undefined` for invalid text. */
import { isLoopbackHost } from '../this-machine.ts';

const MS_BY_UNIT = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES_BY_UNIT = { b: 1, kb: 1_024, mb: 1_024 ** 2, gb: 1_024 ** 3 } as const;

/** Timers of Node end at 2^31 ms, so no wait is longer than this. */
export const LONGEST_WAIT = '24d';

/** `500ms`, `15s`, `10m`, `8h`, `90d` to milliseconds. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  return isUnit(unit, MS_BY_UNIT) ? Number(digits) * MS_BY_UNIT[unit] : undefined;
}

/** `512kb`, `1mb`, `1gb` or a bare number of bytes to bytes; a kb is 1024. */
export function parseBytes(text: string): number | undefined {
  const [, digits, unit = 'b'] = /^(\d{1,12})(b|kb|mb|gb)?$/i.exec(text) ?? [];
  const known = unit.toLowerCase();
  return digits !== undefined && isUnit(known, BYTES_BY_UNIT) ? Number(digits) * BYTES_BY_UNIT[known] : undefined;
}

/** A whole number within `min` and `max`, both included. */
export function parseWhole(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

/** URL of an upstream: https, or http only on this machine, since secrets and tokens are sent to it. */
export function parseUpstreamUrl(text: string): string | undefined {
  const url = toUrl(text);
  if (!url || url.username || url.password || url.hash) return undefined;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)) ? text : undefined;
}

/** URL of a server, http or https, as written. */
export function parseWebUrl(text: string): string | undefined {
  const url = toUrl(text);
  if (!url || url.username || url.password || url.hash) return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? text : undefined;
}

/** Where clients reach the gateway: http or https, and nothing after the path. A trailing slash is removed. */
export function parsePublicUrl(text: string): string | undefined {
  const url = toUrl(text);
  if (!url || url.username || url.password || url.hash || url.search) return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? withoutSlash(text) : undefined;
}

/** An origin as browsers send it: scheme, host, and the port unless it is the default. */
export function parseOrigin(text: string): string | undefined {
  const url = toUrl(text);
  return url && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text ? text : undefined;
}

/** `sqlite:<file>` or `postgres://…`. */
export function parseVaultUrl(text: string): string | undefined {
  if (/^sqlite:.+/.test(text)) return text;
  const url = toUrl(text);
  return url && /^postgres(ql)?:$/.test(url.protocol) && url.hostname ? text : undefined;
}

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function toUrl(text: string): URL | undefined {
  return URL.parse(text) ?? undefined;
}

function isUnit<Units extends object>(unit: string | undefined, units: Units): unit is Extract<keyof Units, string> {
  return unit !== undefined && Object.hasOwn(units, unit);
}
