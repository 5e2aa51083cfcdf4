import type { Secret } from '../../kit/errors/index.ts';

export interface SanitizerOptions {
  readonly secrets: readonly Secret[];
  /** Names of hosts that never pass, with all below them. */
  readonly hosts: readonly string[];
}

/** Takes addresses and secrets out of foreign text or any plain data that holds text. */
export type Sanitize = <Value>(value: Value) => Value;

/** Up to a blank, quote or bracket; what ends the sentence is not part of it. */
const URL_TEXT = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)\]}]*[^\s"'<>)\]}.,;:!?]/gi;
const BEARER = /\bBearer\s+[\w~+/.=-]+/gi;
const JWT = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;
const IP_ADDRESS =
  /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?::\d{1,5})?(?![\w.]*\d)/g;
const HOST_WITH_PORT = /\b(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+):\d{2,5}\b/gi;
/** Deeper data is cut off: nobody nests diagnoses like that. */
const MAX_DEPTH = 20;

export function createSanitizer({ secrets, hosts }: SanitizerOptions): Sanitize {
  const values = secrets.map((secret) => secret.reveal()).filter((value) => value.length > 3);
  const known =
    hosts.length > 0
      ? new RegExp(`(?:[\\w-]+\\.)*(?:${hosts.map(escapePattern).join('|')})(?::\\d+)?`, 'gi')
      : undefined;
  const clean = (text: string): string => {
    let safe = text;
    for (const value of values) safe = safe.replaceAll(value, '[secret]');
    safe = safe.replace(BEARER, 'Bearer [secret]').replace(JWT, '[secret]').replace(URL_TEXT, '[address]');
    if (known) safe = safe.replace(known, '[address]');
    return safe.replace(HOST_WITH_PORT, '[address]').replace(IP_ADDRESS, '[address]');
  };
  // The shape stays, only texts inside change.
  return <Value>(value: Value) => walk(value, clean, 0) as Value;
}

function walk(value: unknown, clean: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((each) => walk(each, clean, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each, clean, depth + 1)]));
}

const escapePattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
