import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { GatewayError, STATUS_BY_CODE } from '../../kit/errors/index.ts';
import { createRedactor } from '../../kit/text/index.ts';
import { type AnsweredRequest, INTERNAL_MESSAGE } from '../answers/error-answer.ts';
import { inBrief, MOST_ERROR_CHARS, MOST_ERRORS } from './bound-errors.ts';
import { ClientError } from './client-error.ts';

type Place = Pick<GraphQLFormattedError, 'path' | 'locations'>;

/** Members of our own errors' `extensions` that callers see; everything else stays here. */
const PASSED_EXTENSIONS = ['code', 'source', 'diagnoses', 'retryAfter', 'connectUrl', 'choices'];

/** The source of an error: its name, and the tenant where it has some. What hosts tenants has cleaned what they say. */
const SOURCE = /^[a-z][\w-]*(:.+)?$/i;

/** Each upstream's client has taken its own secrets and hosts out already. */
const redact = createRedactor();

/** Errors in a stitched field hang in chains; one that is longer is a circle. */
const LONGEST_CHAIN = 10;

/** Good for measuring an error. */
const UNSENT: AnsweredRequest = { requestId: '', publicUrl: () => '' };

/**
 * The errors of one answer: each as callers see it, fifty at most, and of bounded length together. What does not fit is
 * not even looked at, and the last one says so.
 */
export function maskErrors(
  errors: readonly unknown[],
  mask: (error: unknown) => readonly ClientError[] = maskResultError,
): readonly ClientError[] {
  const shown: ClientError[] = [];
  let room = MOST_ERROR_CHARS;
  for (const error of errors) {
    for (const each of mask(error)) {
      room -= JSON.stringify(each.toFormatted(UNSENT)).length;
      if (shown.length === MOST_ERRORS || room < 0) return [...shown.slice(0, MOST_ERRORS - 1), moreErrors(each)];
      shown.push(each);
    }
  }
  return shown;
}

/** @param next the first one that is left out */
function moreErrors({ extensions: { code, source } }: ClientError): ClientError {
  const message = `There are more errors: an answer lists ${MOST_ERRORS} at most. Fix what these say, then ask again.`;
  return new ClientError(message, { extensions: { code, source } });
}

/** What callers see of an error in an operation's result: one error, or each of several that hang together. */
export function maskResultError(error: unknown): readonly ClientError[] {
  if (error instanceof ClientError) return [error];
  return maskInChain(error, placeOf(error));
}

function maskInChain(error: unknown, place: Place): readonly ClientError[] {
  let current: unknown = error;
  let ordinary = false;
  for (let depth = 0; depth < LONGEST_CHAIN && current !== undefined && current !== null; depth += 1) {
    if (current instanceof GatewayError) return [fromGatewayError(current, place)];
    const several = membersOf(current);
    // A field's own place in the answer wins: a member's may be counted from where the upstream's answer begins.
    if (several) return several.flatMap((each) => maskInChain(each, { ...placeOf(each), ...place }));
    const classified = fromClassified(current, place);
    if (classified) return [classified];
    ordinary ||= !(current instanceof GraphQLError);
    current = current instanceof GraphQLError ? current.originalError : undefined;
  }
  if (!ordinary && isAboutInput(error)) return [badUserInput(messageOf(error), place)];
  return [internal(error, place)];
}

/** What callers see of a fault in the document, found before anything ran. */
export function maskValidationError(error: unknown): readonly ClientError[] {
  const place = placeOf(error);
  if (!(error instanceof GraphQLError)) return maskResultError(error);
  if (error.originalError || typeof error.extensions['source'] === 'string') return maskResultError(error);
  return [badUserInput(error.message, place)];
}

/**
 * What callers see of an error that was thrown before there was a result: our own refusals, and what Yoga and
 * graphql-js say about a request they cannot read. Only those may choose the HTTP status.
 */
export function maskRequestError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  if (error instanceof GatewayError) return fromGatewayError(error, {});
  if (!(error instanceof GraphQLError) || error.originalError) return internal(error, {});
  const http: unknown = error.extensions['http'];
  const status = numberIn(http, 'status') ?? (error.message.startsWith('Syntax Error') ? 400 : 500);
  if (status < 400 || status > 499) return internal(error, {});
  return new ClientError(inBrief(error.message), {
    ...placeOf(error),
    extensions: { code: 'BAD_USER_INPUT', source: 'gateway' },
    status,
    // Yoga marks with `spec` what was a GraphQL request at all, and with `originalError` JSON it could not read.
    statusAlways: memberOf(http, 'spec') !== true || error.extensions['originalError'] !== undefined,
    allow: status === 405 ? 'POST' : undefined,
  });
}

function fromGatewayError(error: GatewayError, place: Place): ClientError {
  const status = STATUS_BY_CODE[error.code];
  return new ClientError(error.message, {
    ...place,
    extensions: error.toExtensions(),
    status,
    // No GraphQL fault but one of rights or of the gateway: clients of either kind are told by the status.
    statusAlways: status >= 500 || status === 401,
    // The caller reads the message; why it came to that stands in its cause.
    hidden: error.code === 'INTERNAL' ? error : undefined,
  });
}

/** An error that the graph has already given a code and a source: its message is the upstream's and meant for callers. */
function fromClassified(error: unknown, place: Place): ClientError | undefined {
  const extensions = memberOf(error, 'extensions');
  const code = memberOf(extensions, 'code');
  const source = memberOf(extensions, 'source');
  if (typeof code !== 'string' || typeof source !== 'string' || !SOURCE.test(source)) return undefined;
  // A tenant's errors keep what the tenant says, which the ERP client has cleaned; never what would steer our own answer.
  const names = source.includes(':')
    ? Object.keys(extensions ?? {}).filter((name) => name !== 'http' && name !== 'requestId')
    : PASSED_EXTENSIONS;
  const passed = names.map((name) => [name, memberOf(extensions, name)] as const);
  return new ClientError(redact(messageOf(error)), {
    ...place,
    extensions: Object.fromEntries(
      passed.filter(([, value]) => value !== undefined).map(([name, value]) => [name, clean(name, value)]),
    ),
  });
}

/** Our own link to the sign-in is a path; a whole address in any other place is an upstream's. */
function clean(name: string, value: unknown): unknown {
  return name === 'connectUrl' ? value : redact(value);
}

/**
 * graphql-js refuses values of variables and arguments while it executes, with errors that carry no code:
 * those of variables have no path, those of arguments begin so.
 */
function isAboutInput(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.nodes === undefined) return false;
  return error.path === undefined || error.message.startsWith('Argument "');
}

function badUserInput(message: string, place: Place): ClientError {
  return new ClientError(inBrief(message), { ...place, extensions: { code: 'BAD_USER_INPUT', source: 'gateway' } });
}

function internal(error: unknown, place: Place): ClientError {
  return new ClientError(INTERNAL_MESSAGE, {
    ...place,
    extensions: { code: 'INTERNAL', source: 'gateway' },
    status: 500,
    statusAlways: true,
    hidden: error ?? new Error('nothing was thrown'),
  });
}

function placeOf(error: unknown): Place {
  const path = memberOf(error, 'path');
  const locations = memberOf(error, 'locations');
  return {
    ...(Array.isArray(path) && { path: path.filter((key) => typeof key === 'string' || typeof key === 'number') }),
    ...(Array.isArray(locations) && { locations: locations.filter(isLocation) }),
  };
}

function isLocation(value: unknown): value is { line: number; column: number } {
  return numberIn(value, 'line') !== undefined && numberIn(value, 'column') !== undefined;
}

function membersOf(error: unknown): readonly unknown[] | undefined {
  const errors = error instanceof Error ? memberOf(error, 'errors') : undefined;
  return Array.isArray(errors) && errors.length > 0 ? errors.slice(0, 100) : undefined;
}

function messageOf(error: unknown): string {
  const message = memberOf(error, 'message');
  return typeof message === 'string' ? message : INTERNAL_MESSAGE;
}

function numberIn(value: unknown, name: string): number | undefined {
  const member = memberOf(value, name);
  return typeof member === 'number' ? member : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
