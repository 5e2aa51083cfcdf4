import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { acceptedCoding, compressed } from './content-coding.ts';

export interface SendOptions {
  readonly acceptEncoding: string | readonly string[] | undefined;
  /** Headers of this exchange, whatever the answer is. */
  readonly headers: Readonly<Record<string, string>>;
  /** HEAD: the same headers, no body. */
  readonly withoutBody: boolean;
  /** The connection ends after this answer. */
  readonly closeConnection: boolean;
}

/** On every answer: types are not guessed, our addresses are not told to other sites, and no page embeds us. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
};

const NOTHING = Buffer.alloc(0);

export async function sendAnswer(response: ServerResponse, answer: Answer, options: SendOptions): Promise<void> {
  const encoding = answer.isWire ? 'latin1' : 'utf8';
  const whole = typeof answer.body === 'string' ? Buffer.from(answer.body, encoding) : (answer.body ?? NOTHING);
  const { body, coding } = answer.asIs
    ? { body: whole, coding: undefined }
    : await compressed(whole, acceptedCoding(options.acceptEncoding));
  if (response.destroyed) return;
  const vary = [options.headers['vary'], answer.headers?.['vary'], coding && 'Accept-Encoding'].filter(Boolean);
  response.writeHead(answer.status, {
    ...SECURITY_HEADERS,
    ...options.headers,
    ...answer.headers,
    ...(answer.cookies && { 'set-cookie': [...answer.cookies] }),
    ...(coding && { 'content-encoding': coding }),
    ...(vary.length > 0 && { vary: vary.join(', ') }),
    // RFC 9110 8.6: neither 204 nor 304 announces a length.
    ...(answer.status !== 204 && answer.status !== 304 && { 'content-length': String(body.length) }),
    ...(options.closeConnection && { connection: 'close' }),
  });
  response.end(options.withoutBody ? undefined : body);
}
