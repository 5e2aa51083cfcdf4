import { isUtf8 } from 'node:buffer';
import type { HostedError, HostedResult, PlainData } from '../../graph/subschema.ts';
import type { ErrorCode } from '../../kit/errors/index.ts';
import { isObject, type JsonObject, toObject } from '../../kit/json.ts';
import { OPEN_OBJECT } from '../../kit/json-characters.ts';
import type { Redact } from '../../kit/text/index.ts';
import { parseAsWritten } from '../../kit/written-json.ts';
import { type JsonMember, membersOfJsonObject } from './members-of-json-object.ts';

/** A GraphQL answer, with unparsed data. */
export interface GraphqlBody {
  /** A JSON object, as the tenant wrote it. */
  readonly data: Buffer | null | undefined;
  /** Without data, at least one, each an object with a message; with data, they may be anything. */
  readonly errors: readonly unknown[] | undefined;
  readonly extensions: JsonObject | undefined;
}

/** Undefined if it is not a GraphQL answer: an object as data, errors, or null data with extensions. */
export function readGraphqlBody(body: Buffer): GraphqlBody | undefined {
  const bytes = toWellFormed(body);
  const members = new Map(membersIn(bytes)?.map(({ name, start, end }) => [name, bytes.subarray(start, end)]));
  const data = dataIn(members.get('data'));
  const parsed = parseMember(members.get('errors'));
  const errors = Array.isArray(parsed) && parsed.length > 0 ? parsed : undefined;
  const extensions = toObject(parseMember(members.get('extensions')));
  const isFailure = errors?.every((each) => isObject(each) && 'message' in each) === true;
  const isSilent = data === null && extensions !== undefined && parsed === undefined;
  return data || isFailure || isSilent ? { data, errors, extensions } : undefined;
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Decoded as text: without a byte order mark, and with replacement characters for invalid UTF-8. */
function toWellFormed(body: Buffer): Buffer {
  const hasMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const bytes = hasMark ? body.subarray(BYTE_ORDER_MARK.length) : body;
  return isUtf8(bytes) ? bytes : Buffer.from(bytes.toString());
}

function membersIn(bytes: Buffer): readonly JsonMember[] | undefined {
  let [start, end] = [0, bytes.length];
  while (start < end && isBlank(bytes[start])) start += 1;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  return membersOfJsonObject(bytes, start, end);
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const parseMember = (json: Buffer | undefined): unknown => json && parseAsWritten(json);

function dataIn(json: Buffer | undefined): Buffer | null | undefined {
  if (json?.[0] === OPEN_OBJECT) return json;
  return json?.equals(NULL) ? null : undefined;
}

const NULL = Buffer.from('null');

const OPENING = /^\s{0,8}\{\s{0,8}"data"\s{0,8}:\s{0,8}\{/;
const CLOSING =
  /\}(\s{0,8},\s{0,8}"extensions"\s{0,8}:\s{0,8}\{\s{0,8}"diagnoses"\s{0,8}:\s{0,8}\[\s{0,8}\]\s{0,8}\})?\s{0,8}\}\s{0,8}$/;
/** Longer than either of the two can be. */
const EDGE_BYTES = 160;

/**
 * Finds the data of an answer without errors, diagnoses or anything else, without parsing it: such data can be
 * passed on unchanged. It is checked to be JSON up to its end, since data of other sources may follow it in the answer, and that
 * nothing else from the tenant follows it.
 */
export function plainDataIn(bytes: Buffer): PlainData | undefined {
  const opening = OPENING.exec(bytes.toString('latin1', 0, EDGE_BYTES));
  const tailAt = Math.max(0, bytes.length - EDGE_BYTES);
  const closing = CLOSING.exec(bytes.toString('latin1', tailAt));
  if (!opening || !closing || !isUtf8(bytes)) return undefined;
  const start = opening[0].length;
  const end = tailAt + closing.index;
  const members = end > start ? membersOfJsonObject(bytes, start - 1, end + 1) : undefined;
  const names = members?.map(({ name }) => name);
  return names && { start, end, names, hasDiagnoses: closing[1] !== undefined };
}

/** The message in a body that is not a GraphQL answer: known places are `message` and `$diagnoses[0].$message`. */
export function refusalText(body: unknown): string | undefined {
  if (!isObject(body)) return undefined;
  const diagnoses = body['$diagnoses'];
  const diagnosis: unknown = Array.isArray(diagnoses) ? diagnoses[0] : undefined;
  const texts = [body['message'], ...(isObject(diagnosis) ? [diagnosis['$message'], diagnosis['message']] : [])];
  const text = texts.find((each) => typeof each === 'string' && each !== '');
  return typeof text === 'string' ? text : undefined;
}

/** What the status of the answer means, for errors without a code. */
export interface ErrorDefaults {
  readonly code: ErrorCode;
  /** s */
  readonly retryAfter?: number | undefined;
}

/**
 * A tenant's errors and extensions as callers may see them: errors get `code` and `source` if they had none,
 * and URLs and secrets are removed.
 */
export function toErpResult(
  tenant: string,
  { errors, extensions }: Partial<GraphqlBody>,
  redact: Redact,
  defaults: ErrorDefaults = { code: 'UPSTREAM_REJECTED' },
): Omit<HostedResult, 'data'> {
  return {
    ...(errors && { errors: errors.slice(0, MAX_ERRORS).map((error) => toErpError(tenant, error, redact, defaults)) }),
    ...(extensions && { extensions: redact(withoutPrivate(extensions)) }),
  };
}

/** Number of `errors` that are read: one more than an answer of the gateway has, so that it can say that there are more. */
const MAX_ERRORS = 51;

function toErpError(tenant: string, error: unknown, redact: Redact, defaults: ErrorDefaults): HostedError {
  const { message, path, locations, extensions } = isObject(error) ? error : {};
  const own = isObject(extensions) ? redact(withoutPrivate(extensions)) : {};
  return {
    message: typeof message === 'string' ? redact(message) : 'The ERP returned an error without a message.',
    path: Array.isArray(path) && path.every(isPathPart) ? path : undefined,
    locations: Array.isArray(locations) && locations.every(isLocation) ? locations.slice(0, MAX_LOCATIONS) : undefined,
    extensions: {
      ...(defaults.retryAfter !== undefined && { retryAfter: defaults.retryAfter }),
      ...own,
      code: typeof own['code'] === 'string' ? own['code'] : defaults.code,
      source: typeof own['source'] === 'string' ? own['source'] : `erp:${tenant}`,
    },
  };
}

/** Maximum number of locations in one error. Each is looked up in the text. */
const MAX_LOCATIONS = 10;

/** GraphQL servers take the status and headers of their answer from `http`; only the gateway sets `connectUrl`; the rest are stack traces. */
const PRIVATE = new Set(['http', 'exception', 'stacktrace', 'stack', 'connectUrl']);

const withoutPrivate = (extensions: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(extensions).filter(([key]) => !PRIVATE.has(key)));

const isPathPart = (part: unknown): part is string | number => typeof part === 'string' || typeof part === 'number';

const isLocation = (value: unknown): value is { line: number; column: number } =>
  isObject(value) && Number.isInteger(value['line']) && Number.isInteger(value['column']);
