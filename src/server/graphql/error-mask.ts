import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { GatewayError, STATUS_BY_CODE } from '../../kit/errors/index.ts';
import { createRedactor } from '../../kit/text/index.ts';
import { type AnsweredRequest, INTERNAL_MESSAGE, toKnown } from '../answers/error-answer.ts';
import { inBrief, MOST_ERROR_CHARS, MOST_ERRORS } from './bound-errors.ts';
import { ClientError } from './client-error.ts';

type Place = Pick<GraphQLFormattedError, 'path' | 'locations'>;

/** Members of the gateway's own `extensions` that callers see; all others are removed. */
const PASSED_EXTENSIONS = ['code', 'source', 'diagnoses', 'retryAfter', 'connectUrl', 'choices'];

/** The source of an error: its name, and its tenant if it has one. Sources that host tenants have cleaned their messages. */
const SOURCE = /^[a-z][\w-]*(:.+)?$/i;

/** Each upstream's client has already removed its own secrets and hosts. */
const redact = createRedactor();

/** Errors in a stitched field form chains; a longer one is a circle. */
const LONGEST_CHAIN = 10;

/** Only for measuring an error. */
const UNSENT: AnsweredRequest = { requestId: '', publicUrl: () => '' };

/**
 * The errors of one answer as callers see them: fifty at most, with a limited total length. The rest is not
 * processed, and the last error says so.
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

/** @param next the first error that is left out */
function moreErrors({ extensions: { code, source } }: ClientError): ClientError {
  const message = `There are more errors: an answer lists ${MOST_ERRORS} at most. Fix these, then try again.`;
  return new ClientError(message, { extensions: { code, source } });
}

/** What callers see of an error in an operation's result: one error, or each of several in one chain. */
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
    // The field's own path takes precedence: a nested error's path may start at the upstream's answer.
    if (several) return several.flatMap((each) => maskInChain(each, { ...placeOf(each), ...place }));
    const classified = fromClassified(current, place);
    if (classified) return [classified];
    const known = current instanceof GraphQLError ? undefined : toKnown(current);
    if (known) return [fromGatewayError(known, place, current)];
    ordinary ||= !(current instanceof GraphQLError);
    current = current instanceof GraphQLError ? current.originalError : undefined;
  }
  if (!ordinary && isAboutInput(error)) return [badUserInput(messageOf(error), place)];
  return [internal(error, place)];
}

/** What callers see of a mistake in the document, found before anything ran. */
export function maskValidationError(error: unknown): readonly ClientError[] {
  const place = placeOf(error);
  if (!(error instanceof GraphQLError)) return maskResultError(error);
  if (error.originalError || typeof error.extensions['source'] === 'string') return maskResultError(error);
  return [badUserInput(error.message, place)];
}

/**
 * What callers see of an error that was thrown before there was a result: the gateway's own refusals, and messages of Yoga and
 * graphql-js about a request that they cannot read. Only those may set the HTTP status.
 */
export function maskRequestError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  const known = error instanceof GraphQLError ? undefined : toKnown(error);
  if (known) return fromGatewayError(known, {}, known === error ? undefined : error);
  if (!(error instanceof GraphQLError) || error.originalError) return internal(error, {});
  const http: unknown = error.extensions['http'];
  const status = numberIn(http, 'status') ?? (error.message.startsWith('Syntax Error') ? 400 : 500);
  if (status < 400 || status > 499) return internal(error, {});
  return new ClientError(inBrief(error.message), {
    ...placeOf(error),
    extensions: { code: 'BAD_USER_INPUT', source: 'gateway' },
    status,
    // Yoga marks errors in GraphQL requests with `spec`, and JSON that it cannot read with `originalError`.
    statusAlways: memberOf(http, 'spec') !== true || error.extensions['originalError'] !== undefined,
    allow: status === 405 ? 'POST' : undefined,
  });
}

function fromGatewayError(error: GatewayError, place: Place, hidden?: unknown): ClientError {
  const status = STATUS_BY_CODE[error.code];
  return new ClientError(error.message, {
    ...place,
    extensions: error.toExtensions(),
    status,
    // Not a GraphQL error but one of rights or of the gateway, so every client also gets it as the status.
    statusAlways: status >= 500 || status === 401,
    // The caller sees the message; the cause has the reason.
    hidden: error.code === 'INTERNAL' ? error : hidden,
  });
}

/** An error to which the graph has already added a code and a source: its message comes from the upstream and is meant for callers. */
function fromClassified(error: unknown, place: Place): ClientError | undefined {
  const extensions = memberOf(error, 'extensions');
  const code = memberOf(extensions, 'code');
  const source = memberOf(extensions, 'source');
  if (typeof code !== 'string' || typeof source !== 'string' || !SOURCE.test(source)) return undefined;
  // A tenant's errors keep the tenant's members, which the ERP client has cleaned, except those that would change the answer itself.
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

/** The gateway's own sign-in link is a path; a full URL anywhere else comes from an upstream. */
function clean(name: string, value: unknown): unknown {
  return name === 'connectUrl' ? value : redact(value);
}

/**
 * graphql-js refuses values of variables and arguments during execution, with errors that have no code:
 * errors about variables have no path, and errors about arguments begin like this.
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
