import { isUtf8 } from 'node:buffer';
import type { HostedError, HostedResult, PlainData } from '../../graph/subschema.ts';
import { isObject, type JsonObject } from '../../kit/json.ts';
import type { Redact } from '../../kit/text/index.ts';
import { namesOfJsonObject } from './names-of-json-object.ts';

/** Whether a body is what GraphQL answers, with data or with errors only. */
export function isGraphqlBody(body: unknown): body is JsonObject {
  if (!isObject(body)) return false;
  const { data, errors } = body;
  if (isObject(data)) return true;
  return Array.isArray(errors) && errors.length > 0 && errors.every((each) => isObject(each) && 'message' in each);
}

const OPENING = /^\s{0,8}\{\s{0,8}"data"\s{0,8}:\s{0,8}\{/;
const CLOSING =
  /\}(\s{0,8},\s{0,8}"extensions"\s{0,8}:\s{0,8}\{\s{0,8}"diagnoses"\s{0,8}:\s{0,8}\[\s{0,8}\]\s{0,8}\})?\s{0,8}\}\s{0,8}$/;
/** Longer than either of the two can be. */
const EDGE_BYTES = 160;

/**
 * Finds the data of an answer without errors, diagnoses or anything else in it, without parsing it: such an answer can be
 * passed on as it is. It is JSON to its end, since beside it in one answer stands what another source said, and nothing
 * follows the data that a tenant may have put there and nobody has cleaned.
 */
export function plainDataIn(bytes: Buffer): PlainData | undefined {
  const opening = OPENING.exec(bytes.toString('latin1', 0, EDGE_BYTES));
  const tailAt = Math.max(0, bytes.length - EDGE_BYTES);
  const closing = CLOSING.exec(bytes.toString('latin1', tailAt));
  if (!opening || !closing || !isUtf8(bytes)) return undefined;
  const start = opening[0].length;
  const end = tailAt + closing.index;
  const names = end > start ? namesOfJsonObject(bytes, start - 1, end + 1) : undefined;
  return names && { start, end, names, hasDiagnoses: closing[1] !== undefined };
}

/** What a body that is no GraphQL answer says: clients have met `message` and `$diagnoses[0].$message`. */
export function refusalText(body: unknown): string | undefined {
  if (!isObject(body)) return undefined;
  const diagnoses = body['$diagnoses'];
  const diagnosis: unknown = Array.isArray(diagnoses) ? diagnoses[0] : undefined;
  const texts = [body['message'], ...(isObject(diagnosis) ? [diagnosis['$message'], diagnosis['message']] : [])];
  const text = texts.find((each) => typeof each === 'string' && each !== '');
  return typeof text === 'string' ? text : undefined;
}

/**
 * A GraphQL answer as callers may see it: data untouched, errors with `code` and `source` where they had none,
 * addresses and secrets taken out of everything that is not data.
 */
export function toErpResult(tenant: string, body: JsonObject, redact: Redact): HostedResult {
  const { data, errors, extensions } = body;
  return {
    ...(isObject(data) || data === null ? { data } : {}),
    ...(Array.isArray(errors) && errors.length > 0
      ? { errors: errors.slice(0, MAX_ERRORS).map((error: unknown) => toErpError(tenant, error, redact)) }
      : {}),
    ...(isObject(extensions) ? { extensions: redact(withoutPrivate(extensions)) } : {}),
  };
}

/** Entries of `errors` that are read: one more than an answer of ours has, so that it can say that there are more. */
const MAX_ERRORS = 51;

function toErpError(tenant: string, error: unknown, redact: Redact): HostedError {
  const { message, path, locations, extensions } = isObject(error) ? error : {};
  const own = isObject(extensions) ? redact(withoutPrivate(extensions)) : {};
  return {
    message: typeof message === 'string' ? redact(message) : 'The ERP reports an error without saying which.',
    path: Array.isArray(path) && path.every(isPathPart) ? path : undefined,
    locations: Array.isArray(locations) && locations.every(isLocation) ? locations.slice(0, MAX_LOCATIONS) : undefined,
    extensions: {
      ...own,
      code: typeof own['code'] === 'string' ? own['code'] : 'UPSTREAM_REJECTED',
      source: typeof own['source'] === 'string' ? own['source'] : `erp:${tenant}`,
    },
  };
}

/** Places in the document that one error names at most. Each is looked up in the text. */
const MAX_LOCATIONS = 10;

/** GraphQL servers take status and headers of their own answer from `http`; `connectUrl` is ours to say; the rest are stack traces. */
const PRIVATE = new Set(['http', 'exception', 'stacktrace', 'stack', 'connectUrl']);

const withoutPrivate = (extensions: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(extensions).filter(([key]) => !PRIVATE.has(key)));

const isPathPart = (part: unknown): part is string | number => typeof part === 'string' || typeof part === 'number';

const isLocation = (value: unknown): value is { line: number; column: number } =>
  isObject(value) && Number.isInteger(value['line']) && Number.isInteger(value['column']);
