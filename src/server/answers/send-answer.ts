import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { acceptedCoding, type ContentCoding, compressed, SMALLEST_COMPRESSED_BYTES } from './content-coding.ts';

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

const NOTHING = Buffer.alloc(0);

/** Text up to this many characters is sent in one piece with its headers; Node sends bytes as a second one. */
const SHORT_TEXT = 8 * 1024;

/** @returns a promise only where the body has to be compressed first */
export function sendAnswer(response: ServerResponse, answer: Answer, options: SendOptions): Promise<void> | undefined {
  if (response.destroyed) return undefined;
  const { body = NOTHING, asIs = false } = answer;
  if (typeof body === 'string' && body.length <= SHORT_TEXT) {
    const length = Buffer.byteLength(body);
    writeHead(response, answer, options, length, undefined);
    // ASCII is the same in both encodings, and Node takes a third of the time for this one.
    if (options.withoutBody) response.end();
    else response.end(body, length === body.length ? 'latin1' : 'utf8');
    return undefined;
  }
  const whole = typeof body === 'string' ? Buffer.from(body) : body;
  const send = (bytes: Buffer, coding?: ContentCoding) => {
    if (response.destroyed) return;
    writeHead(response, answer, options, bytes.length, coding);
    response.end(options.withoutBody ? undefined : bytes);
  };
  const isPackable = !asIs && whole.length > SMALLEST_COMPRESSED_BYTES;
  const coding = isPackable ? acceptedCoding(options.acceptEncoding) : undefined;
  if (coding !== undefined) return compressed(whole, coding).then((packed) => send(packed, coding));
  send(whole);
  return undefined;
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
