import type { ServerResponse } from 'node:http';
import type { Awaitable } from '../../awaitable.ts';
import { ByteText, bytesOf, charsOf, SHORT_BODY_BYTES } from '../../http/index.ts';
import type { Answer } from './answer.ts';
import { acceptedCoding, type ContentCoding, compressed } from './content-coding.ts';

export interface SendOptions {
  readonly acceptEncoding: string | readonly string[] | undefined;
  readonly requestId: string;
  /** More headers of this exchange, whatever the answer is. */
  readonly headers: Readonly<Record<string, string>>;
  /** HEAD: the same headers, no body. */
  readonly withoutBody: boolean;
  /** The connection ends after this answer. */
  readonly closeConnection: boolean;
}

/**
 * On every answer, names and values in turn: types are not guessed, our addresses are not told to other sites, and no page
 * embeds us.
 */
const SECURITY_HEADERS = [
  ...['x-content-type-options', 'nosniff'],
  ...['referrer-policy', 'no-referrer'],
  ...['x-frame-options', 'DENY'],
  ...['cross-origin-resource-policy', 'same-origin'],
];

/** @returns a promise only where the body has to be compressed first */
export function sendAnswer(response: ServerResponse, answer: Answer, options: SendOptions): Awaitable<void> {
  if (response.destroyed) return;
  const { body = '', asIs = false } = answer;
  const isShort = (body instanceof ByteText ? body.chars : body).length <= SHORT_BODY_BYTES;
  if (isShort) {
    // Text leaves in one piece with its headers, and Node writes one character a byte in a third of the time.
    const chars = typeof body === 'string' ? body : charsOf(body);
    const length = typeof body === 'string' ? Buffer.byteLength(body) : chars.length;
    writeHead(response, answer, options, length, undefined);
    if (options.withoutBody) response.end();
    else response.end(chars, length === chars.length ? 'latin1' : 'utf8');
    return;
  }
  const whole = bytesOf(body);
  const send = (bytes: Buffer, coding?: ContentCoding) => {
    if (response.destroyed) return;
    writeHead(response, answer, options, bytes.length, coding);
    response.end(options.withoutBody ? undefined : bytes);
  };
  const coding = asIs ? undefined : acceptedCoding(options.acceptEncoding);
  if (coding !== undefined) return compressed(whole, coding).then((packed) => send(packed, coding));
  send(whole);
}

function writeHead(
  response: ServerResponse,
  { status, headers, cookies = [] }: Answer,
  { requestId, headers: own, closeConnection }: SendOptions,
  length: number,
  coding: ContentCoding | undefined,
): void {
  const lines = [...SECURITY_HEADERS, 'x-request-id', requestId];
  for (const some of [own, headers]) for (const name in some) if (name !== 'vary') lines.push(name, some[name] ?? '');
  for (const cookie of cookies) lines.push('set-cookie', cookie);
  if (coding) lines.push('content-encoding', coding);
  const vary = [own['vary'], headers?.['vary'], coding && 'Accept-Encoding'].filter(Boolean);
  if (vary.length > 0) lines.push('vary', vary.join(', '));
  // RFC 9110 8.6: neither 204 nor 304 announces a length.
  if (status !== 204 && status !== 304) lines.push('content-length', String(length));
  if (closeConnection) lines.push('connection', 'close');
  response.writeHead(status, lines);
}
