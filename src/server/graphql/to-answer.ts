import type { ExecutionResult } from 'graphql';
import {
  classifyOperation,
  type Graph,
  INTROSPECTION_FACTOR,
  isIntrospection,
  type KnownContent,
} from '../../graph/index.ts';
import { remembered } from '../../kit/cache.ts';
import { ownAnswerTooLarge } from '../../kit/errors/index.ts';
import { type Body, type BodyPart, bytesOf, roughLength } from '../../kit/http/index.ts';
import { JsonText } from '../../kit/written-json.ts';
import type { Answer } from '../answers/answer.ts';
import type { AnsweredRequest } from '../answers/error-answer.ts';
import type { ClientError } from './client-error.ts';
import { maskErrors, maskRequestError } from './error-mask.ts';
import type { GraphqlRequest, JsonType, Operation } from './graphql-request.ts';
import { toResult, withCost } from './tell-cost.ts';

/** The body of an answer without errors, or a result to be serialised. */
export type Executed = { readonly content: KnownContent } | { readonly result: ExecutionResult };

/**
 * Writes the answer instead of Yoga, which would take the HTTP status and headers from `extensions.http`, whatever its
 * origin. Here the status is 200 if there is `data`; otherwise only the gateway's own errors set it.
 */
export function toAnswer(
  executed: Executed,
  request: GraphqlRequest,
  { answerBytes, costOf }: AnswerOptions,
): WrittenAnswer {
  const written = request.wantsCost
    ? writeAnswer({ result: toResult(executed) }, request, costOf)
    : writeAnswer(executed, request);
  const { body, gzipped } = written.answer;
  if (gzipped || !isLonger(body, answerBytes)) return written;
  const { operation } = request;
  if (isAboutSchema(operation) && !isLonger(body, answerBytes * INTROSPECTION_FACTOR)) return written;
  const error = maskRequestError(ownAnswerTooLarge(operation?.kind === 'mutation'));
  return writeAnswer({ result: { errors: [error] } }, request);
}

export interface AnswerOptions {
  /** Longer answers are replaced by an error. */
  readonly answerBytes: number;
  readonly costOf: Graph['costOf'];
}

interface WrittenAnswer {
  readonly answer: Answer;
  readonly errors: readonly ClientError[];
  readonly hasData: boolean;
}

function isAboutSchema(operation: Operation | undefined): boolean {
  const shape = operation && classifyOperation(operation.document, operation.operationName);
  return shape !== undefined && isIntrospection(shape);
}

const isLonger = (body: Answer['body'], bytes: number): boolean =>
  Array.isArray(body)
    ? roughLength(body as Body) > bytes
    : body !== undefined && roughLength([body as BodyPart]) > bytes;

/** @param costOf given if the answer includes its cost */
function writeAnswer(executed: Executed, request: GraphqlRequest, costOf?: Graph['costOf']): WrittenAnswer {
  const { exchange, mediaType } = request;
  const headers = headersFor(mediaType);
  if ('content' in executed) {
    const { content } = executed;
    if ('length' in content)
      return { answer: { status: 200, headers, body: content }, errors: NO_ERRORS, hasData: true };
    return { answer: { status: 200, headers, gzipped: content.gzip }, errors: NO_ERRORS, hasData: true };
  }
  const { result } = executed;
  const errors = result.errors ? maskErrors(result.errors) : NO_ERRORS;
  const allow = errors.find((error) => error.allow !== undefined)?.allow;
  const body = toBody(result, errors, exchange);
  return {
    answer: {
      status: statusOf(result, errors, mediaType),
      headers: allow === undefined ? headers : { ...headers, allow },
      body: costOf ? toBody(withCost(result, request, bytesOf(body).length, costOf), errors, exchange) : body,
    },
    errors,
    hasData: result.data !== undefined && result.data !== null,
  };
}

const NO_ERRORS: readonly ClientError[] = [];

const headersFor = remembered('answer headers', (mediaType) => ({
  'content-type': `${mediaType}; charset=utf-8`,
  'cache-control': 'no-store',
}));

function toBody(result: ExecutionResult, errors: readonly ClientError[], request: AnsweredRequest): Body {
  const { data } = result;
  const extensions = visibleExtensions(result);
  // The order of the examples in the specification: errors before data, since people look for them first.
  const members: BodyPart[][] = [];
  if (errors.length > 0) members.push(['"errors":', JSON.stringify(errors.map((error) => error.toFormatted(request)))]);
  if (data !== undefined) members.push(['"data":', data instanceof JsonText ? data.bytes : JSON.stringify(data)]);
  if (extensions) members.push(['"extensions":', JSON.stringify(extensions)]);
  return ['{', ...members.flatMap((member, index) => (index > 0 ? [',', ...member] : member)), '}'];
}

function visibleExtensions({ extensions }: ExecutionResult): ExecutionResult['extensions'] {
  if (!extensions) return undefined;
  const { http: _, ...visible } = extensions;
  return Object.keys(visible).length > 0 ? visible : undefined;
}

/** GraphQL over HTTP, 6.4: with plain `application/json`, the status is 200 for every well-formed GraphQL request. */
function statusOf(result: ExecutionResult, errors: readonly ClientError[], mediaType: JsonType): number {
  if (result.data !== undefined) return 200;
  const chosen = errors.filter((error) => error.statusAlways || mediaType !== 'application/json');
  return Math.max(200, ...chosen.map(({ status }) => status));
}
