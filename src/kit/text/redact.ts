import { isRawNumber } from '../written-json.ts';
import { clip } from './clip.ts';

export interface RedactOptions {
  /** Tokens, keys and passwords that a text may contain. Those shorter than four characters are treated as words. */
  readonly secrets?: readonly string[];
  /** Names of hosts that are always removed, including subdomains. */
  readonly hosts?: readonly string[];
}

/** Text, or any plain data that contains text, as callers may see it. The shape stays; each text is at most 16 kB. */
export type Redact = <Value>(value: Value) => Value;

const SECRET = '[secret]';
const ADDRESS = '[address]';

/** Deeper data is cut off: real diagnoses are never nested like that. */
const MAX_DEPTH = 20;

const STACK_MEMBER = /^stack(_?trace)?$/i;

/**
 * Removes from foreign text: known secrets and hosts, bearer tokens, JWTs, anything with a scheme (`x://…`), and lines of
 * stack traces. Numbers with dots and words with a number after a colon stay: in the text of an ERP they are releases,
 * order numbers and amounts.
 *
 * The text is cut first, then scanned in steps that each take linear time for any content: it may come from anybody, and
 * everybody else waits meanwhile.
 */
export function createRedactor({ secrets = [], hosts = [] }: RedactOptions = {}): Redact {
  const known = [...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())]))]
    .filter((secret) => secret.length > 3)
    // Longer ones first: one may be the beginning of another.
    .sort((one, other) => other.length - one.length);
  const host = hosts.length > 0 ? new RegExp(hosts.map(hostPattern).join('|'), 'gi') : undefined;

  const clean = (text: string): string => {
    const { head, isCut } = cut(text, known);
    let safe = head;
    for (const secret of known) safe = safe.replaceAll(secret, SECRET);
    safe = withoutJwts(safe.replace(STACK_LINE, '').replace(BEARER, `Bearer ${SECRET}`), isCut);
    safe = withoutAddresses(safe);
    if (host) safe = withoutHosts(safe, host);
    // The replacement of a secret may be longer than the secret.
    return clip(isCut ? `${safe}…` : safe);
  };
  return <Value>(value: Value) => walk(value, clean, 0) as Value;
}

/** A cut text may end with the beginning of a secret, which would not be recognised. */
function cut(text: string, secrets: readonly string[]): { readonly head: string; readonly isCut: boolean } {
  const clipped = clip(text);
  if (clipped === text) return { head: text, isCut: false };
  // The mark of the cut is added last, so that it hides no end.
  let head = clipped.slice(0, -1);
  for (const secret of secrets) head = head.slice(0, head.length - overlap(head, secret));
  return { head, isCut: true };
}

/** The number of characters at the end of a text that are the beginning of a secret. */
function overlap(text: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length -= 1)
    if (text.endsWith(secret.slice(0, length))) return length;
  return 0;
}

function walk(value: unknown, clean: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value;
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((each) => walk(each, clean, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !STACK_MEMBER.test(name))
      .map(([name, each]) => [clean(name), walk(each, clean, depth + 1)]),
  );
}

// Each pattern below begins with characters that are in no other match of it, or is applied to runs that do not
// overlap: a pattern that may begin anywhere and reads on until it fails takes quadratic time.

/** A line of a stack trace: the frames of JavaScript, Java and .NET begin alike. */
const STACK_LINE = /^[ \t]+at .*(?:\r?\n|$)/gm;

const BEARER = /(?<![a-z])Bearer(?:\s|%20)+[\w~+/.=-]+/gi;

/** Characters of JWTs; shorter runs are not JWTs. */
const RUN = /[\w.-]{14,}/g;
/** `{"` in base64: every header of a JWT begins with it. */
const JWT_START = 'eyJ';
/** Minimum length of the header, and of the rest after its point. */
const JWT_PARTS = { header: 8, rest: 5 };

function withoutJwts(text: string, isCut: boolean): string {
  if (!text.includes(JWT_START)) return text;
  return text.replace(RUN, (run: string, at: number) => {
    const start = jwtIn(run, isCut && at + run.length === text.length);
    if (start < 0) return run;
    return `${run.slice(0, start)}${SECRET}${run.endsWith('.') ? '.' : ''}`;
  });
}

/** Start of a JWT in a run, or -1. */
function jwtIn(run: string, isCut: boolean): number {
  for (let start = run.indexOf(JWT_START); start >= 0; ) {
    const point = run.indexOf('.', start);
    if (point < 0) return isCut ? start : -1;
    if (point - start >= JWT_PARTS.header && (isCut || run.length - point > JWT_PARTS.rest)) return start;
    start = run.indexOf(JWT_START, point);
  }
  return -1;
}

/** Separates a scheme from the rest: plain, as JSON may escape it, and as it is inside another address. */
const AFTER_SCHEME = /:\/\/|:\\\/\\\/|%3a%2f%2f/gi;
const IN_SCHEME = /[a-z0-9+.-]/i;
const LETTER = /[a-z]/i;
/** An address ends before these. */
const ENDS_ADDRESS = /[\s"'`<>]/;
const OPENING = '([{';
const CLOSING = ')]}';
/** Ends a sentence, but not an address. */
const PUNCTUATION = '.,;:!?';

function withoutAddresses(text: string): string {
  let safe = '';
  let done = 0;
  AFTER_SCHEME.lastIndex = 0;
  for (let mark = AFTER_SCHEME.exec(text); mark; mark = AFTER_SCHEME.exec(text)) {
    const behind = mark.index + mark[0].length;
    const start = schemeStart(text, mark.index, done);
    // Searched only now: otherwise each mark would read to the end again.
    const end = start < mark.index ? addressEnd(text, behind) : behind;
    if (end === behind) continue;
    safe += text.slice(done, start) + ADDRESS;
    done = end;
    AFTER_SCHEME.lastIndex = end;
  }
  return done === 0 ? text : safe + text.slice(done);
}

/** The mark's own position if there is no scheme before it. Never goes back into text that was already read. */
function schemeStart(text: string, mark: number, least: number): number {
  let start = mark;
  while (start > least && IN_SCHEME.test(text.charAt(start - 1))) start -= 1;
  while (start < mark && !LETTER.test(text.charAt(start))) start += 1;
  return start;
}

/** Up to a blank, a quote, or a bracket opened before the address; the sentence's punctuation is not part of it. */
function addressEnd(text: string, from: number): number {
  let end = from;
  for (let open = 0; end < text.length; end += 1) {
    const character = text.charAt(end);
    if (ENDS_ADDRESS.test(character)) break;
    if (OPENING.includes(character)) open += 1;
    else if (CLOSING.includes(character)) {
      if (open === 0) break;
      open -= 1;
    }
  }
  while (end > from && PUNCTUATION.includes(text.charAt(end - 1))) end -= 1;
  return end;
}

const IN_HOST = /[\w.-]/;
const PORT = /:\d{1,5}/y;

/** With subdomains before it and the port after it. */
function withoutHosts(text: string, host: RegExp): string {
  let safe = '';
  let done = 0;
  host.lastIndex = 0;
  for (let found = host.exec(text); found; found = host.exec(text)) {
    let start = found.index;
    while (start > done && IN_HOST.test(text.charAt(start - 1))) start -= 1;
    PORT.lastIndex = host.lastIndex;
    const end = PORT.test(text) ? PORT.lastIndex : host.lastIndex;
    safe += text.slice(done, start) + ADDRESS;
    done = end;
    host.lastIndex = end;
  }
  return done === 0 ? text : safe + text.slice(done);
}

/** A name without a point may be part of a word, which is the case if there are letters beside it. */
function hostPattern(host: string): string {
  const escaped = host.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return host.includes('.') || host.includes(':') ? escaped : `(?<!\\w)${escaped}(?!\\w)`;
}
