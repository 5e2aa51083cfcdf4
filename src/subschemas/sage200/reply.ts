import { GatewayError } from '../../kit/errors/index.ts';
import type { HttpResponse } from '../../kit/http/index.ts';
import { isObject } from '../../kit/json.ts';
import type { CallScope } from './call.ts';
import { type Asked, parseBody } from './errors.ts';

/** An answer of Sage 200. May be shared, so its content is never changed. */
export class Reply {
  readonly bytes: Buffer;
  readonly #response: HttpResponse;
  readonly #asked: Asked;
  #parsed: { readonly value: unknown } | undefined;

  constructor(response: HttpResponse, asked: Asked) {
    this.bytes = response.body;
    this.#response = response;
    this.#asked = asked;
  }

  /** The parsed content, parsed at the first call. @throws GatewayError UPSTREAM_UNAVAILABLE if it is not JSON */
  value(): unknown {
    this.#parsed ??= { value: parseBody(this.#response, this.#asked) };
    return this.#parsed.value;
  }
}

/** @throws GatewayError UPSTREAM_UNAVAILABLE */
export function toList(body: unknown): Record<string, unknown>[] {
  if (!Array.isArray(body) || !body.every(isObject)) throw unexpected('a list of rows');
  return body;
}

/** @throws GatewayError UPSTREAM_UNAVAILABLE */
export function toRow(body: unknown): Record<string, unknown> | undefined {
  if (body === undefined || body === null) return undefined;
  if (!isObject(body)) throw unexpected('one row');
  return body;
}

export const unexpected = (wanted: string) =>
  new GatewayError('UPSTREAM_UNAVAILABLE', `Sage 200 did not return ${wanted}. Try again later.`, {
    source: 'sage200',
  });

/** Memory of rows, in bytes for each byte that they were parsed from. */
const ROWS_FACTOR = 4;

/** Counts memory for rows before an answer is parsed. @throws GatewayError if there is not enough */
export function holdRows({ calls, signal }: Pick<CallScope, 'calls' | 'signal'>, { bytes }: Reply): void {
  calls?.hold(ROWS_FACTOR * bytes.length);
  if (signal.aborted && signal.reason instanceof GatewayError) throw signal.reason;
}
