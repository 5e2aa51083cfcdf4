import { isUtf8 } from 'node:buffer';
import { isObject, parseJson } from '../json.ts';
import { clip, createRedactor, type Redact } from '../text/index.ts';

/** Bytes of a body that are read, and bytes of a reason that are kept. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_REASON_BYTES = 2_000;
/** Parts of a reason, such as one for each wrong field; and their maximum depth. */
const MAX_PARTS = 20;
const MAX_DEPTH = 6;

/**
 * Why an upstream refused a request, in its own words on one line: from Sage's and ASP.NET's bodies, `problem+json`, OData,
 * lists of diagnoses, XML, HTML and plain text. Undefined if the body gives no reason.
 * @param redact removes what must not be returned
 */
export function refusalReason(body: Buffer, redact: Redact = createRedactor()): string | undefined {
  const bytes = body.subarray(0, MAX_BODY_BYTES);
  const text = bytes
    .toString(isUtf8(body) ? 'utf8' : 'latin1')
    .replace(/^\uFEFF/, '')
    .trim();
  if (BINARY.test(text)) return undefined;
  const json = body.length > MAX_BODY_BYTES ? undefined : parseJson(text);
  const parts = json === undefined ? (markupTexts(text) ?? [text]) : partsOf(json, 0);
  return toReason(parts, redact);
}

/** The same for a parsed body. */
export const reasonIn = (body: unknown, redact: Redact = createRedactor()): string | undefined =>
  toReason(partsOf(body, 0), redact);

/** Control characters that are never in text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are matched on purpose
const BINARY = /[\0-\x08\x0e-\x1a]/;

function toReason(parts: readonly string[], redact: Redact): string | undefined {
  const cleaned = [...new Set(parts.slice(0, MAX_PARTS).map((part) => onOneLine(redact(part))))].filter(Boolean);
  const telling = cleaned.filter((part) => !EMPTY_WORDS.has(part.toLowerCase().replace(/[.!]$/, '')));
  const reason = (telling.length > 0 ? telling : cleaned).map((part, index, all) =>
    index < all.length - 1 && !/[.:;,!?]$/.test(part) ? `${part}.` : part,
  );
  return reason.length > 0 ? clip(reason.join(' '), MAX_REASON_BYTES) : undefined;
}

/** Replaces control characters, direction marks and line breaks: a reason is shown on one line. */
const onOneLine = (text: string): string => text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();

/** Empty phrases of frameworks, without the final full stop. */
const EMPTY_WORDS = new Set([
  'an error has occurred',
  'the request is invalid',
  'one or more validation errors occurred',
  'bad request',
  'error',
]);

/**
 * Members with messages, the likeliest first; names are compared without case, `$`, `_` and prefixes such as `odata.`.
 */
const TEXTS = [
  'message',
  'title',
  'errormessage',
  'usermessage',
  'errordescription',
  'description',
  'faultstring',
  'reason',
  'detail',
  'exceptionmessage',
  'value',
];
/** Members that contain more of these, or texts by the name of a field. */
const NESTS = [
  'error',
  'errors',
  'modelstate',
  'details',
  'diagnoses',
  'diagnosis',
  'validationerrors',
  'innererror',
  'innerexception',
  'exception',
  'fault',
  'responsestatus',
  'result',
];
/** Members of an entry that say which field it is about. */
const FIELDS = ['field', 'property', 'propertyname', 'path', 'key'];

function partsOf(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return [value];
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.slice(0, MAX_PARTS).flatMap((each) => partsOf(each, depth + 1));
  if (!isObject(value)) return [];
  const members = new Map(
    Object.entries(value)
      .slice(0, MAX_MEMBERS)
      .map(([name, member]) => [plainName(name), member]),
  );
  const told = TEXTS.flatMap((name) => partsOf(members.get(name), depth + 1));
  const nested = NESTS.flatMap((name) => nestedParts(members.get(name), depth + 1));
  if (told.length + nested.length === 0) return sentencesIn(value);
  const field = FIELDS.map((name) => members.get(name)).find((named) => typeof named === 'string' && named !== '');
  return [...told.map((part) => (typeof field === 'string' ? `${field}: ${part}` : part)), ...nested];
}

const MAX_MEMBERS = 100;

const plainName = (name: string): string =>
  name
    .slice(name.lastIndexOf('.') + 1)
    .replace(/[$_-]/g, '')
    .toLowerCase();

/** Texts by the name of their subject, or the same forms again. */
function nestedParts(value: unknown, depth: number): string[] {
  if (!isObject(value) || !isByField(value)) return partsOf(value, depth);
  return Object.entries(value)
    .slice(0, MAX_PARTS)
    .flatMap(([name, told]) =>
      partsOf(told, depth + 1).map((part) => (plainName(name) === '' ? part : `${name}: ${part}`)),
    );
}

const isByField = (value: Readonly<Record<string, unknown>>): boolean =>
  Object.values(value).every(Array.isArray) ||
  Object.keys(value).every((name) => !TEXTS.includes(plainName(name)) && !NESTS.includes(plainName(name)));

/** For unknown forms: texts of more than one word. */
const sentencesIn = (value: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(value)
    .filter(([name]) => !/stack/i.test(name))
    .map(([, member]) => member)
    .filter((member) => typeof member === 'string' && /\S\s+\S/.test(member))
    .slice(0, 3) as string[];

/** The message of a page or an XML document, or its title and headings. Undefined for other text. */
function markupTexts(text: string): string[] | undefined {
  if (!text.startsWith('<')) return undefined;
  const messages = elementTexts(text, ['exceptionmessage', 'message', 'detail']);
  const told = messages.length > 0 ? messages : elementTexts(text, ['h1', 'h2', 'h3', 'title', 'p']);
  return told.slice(0, 3);
}

function elementTexts(text: string, names: readonly string[]): string[] {
  const lower = text.toLowerCase();
  return names.flatMap((name) => {
    const opening = lower.indexOf(`<${name}`);
    const start = opening < 0 ? -1 : lower.indexOf('>', opening) + 1;
    const end = start <= 0 ? -1 : lower.indexOf('<', start);
    const found = end < 0 ? '' : text.slice(start, end).trim();
    return found === '' ? [] : [found];
  });
}
