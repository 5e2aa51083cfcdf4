import { toOwnUrl } from '../../kit/base-path.ts';
import { type ErrorCode, GatewayError, STATUS_BY_CODE } from '../../kit/errors/index.ts';
import { clip } from '../../kit/text/index.ts';
import { foundTrouble } from '../../tokens/index.ts';
import type { Refusal } from '../intake/request-checks.ts';
import type { Exchange } from '../routes/route.ts';
import { type Answer, jsonAnswer } from './answer.ts';

/** What callers see instead of an unexpected error. */
export const INTERNAL_MESSAGE =
  'Something went wrong inside the gateway. Report it to the people who run the gateway, with the requestId.';

/** What an error needs from the request that it answers. */
export type AnsweredRequest = Pick<Exchange, 'requestId' | 'publicUrl'>;

/** `connectUrl` is a path inside the gateway, but callers get a full URL. */
export function withWholeUrl<T extends Readonly<Record<string, unknown>>>(extensions: T, publicUrl: () => string): T {
  const path = extensions['connectUrl'];
  return typeof path === 'string' ? { ...extensions, connectUrl: toOwnUrl(publicUrl(), path) } : extensions;
}

/** The failure of the gateway that a thrown value is, if callers may know it: its own errors, and those of the vault's database. */
export function toKnown(error: unknown): GatewayError | undefined {
  if (error instanceof GatewayError) return error;
  if (foundTrouble(error) === undefined) return undefined;
  const options = { source: 'gateway', cause: error };
  return new GatewayError('UPSTREAM_UNAVAILABLE', 'The vault cannot be used at the moment. Try again later.', options);
}

/** A failure outside of an operation, in the format that GraphQL clients already understand. */
export function errorAnswer(error: unknown, { requestId, publicUrl }: AnsweredRequest): Answer {
  const known = toKnown(error) ?? new GatewayError('INTERNAL', INTERNAL_MESSAGE);
  const extensions = withWholeUrl({ ...known.toExtensions(), requestId }, publicUrl);
  return errorsAnswer(STATUS_BY_CODE[known.code], known.message, extensions, known.code, {
    ...(known.retryAfter !== undefined && { 'retry-after': String(Math.ceil(known.retryAfter)) }),
  });
}

export function refusalAnswer({ status, code, message, headers }: Refusal, requestId: string): Answer {
  return errorsAnswer(status, message, { code, source: 'gateway', requestId }, code, headers);
}

function errorsAnswer(
  status: number,
  message: string,
  extensions: Readonly<Record<string, unknown>>,
  code: ErrorCode,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  return {
    ...jsonAnswer(status, { errors: [{ message: clip(message), extensions }] }, { ...challenge, ...headers }),
    errorCodes: [code],
    shown: {
      message: clip(message),
      requestId: String(extensions['requestId']),
      connectUrl: typeof extensions['connectUrl'] === 'string' ? extensions['connectUrl'] : undefined,
    },
  };
}
