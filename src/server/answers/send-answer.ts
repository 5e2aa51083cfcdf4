import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { acceptedCoding, type ContentCoding, compressed } from './content-coding.ts';

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
  const { body, coding } = await packed(answer, options);
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
  if (options.withoutBody) response.end();
  // Node sends text of this encoding together with the headers, in one piece; bytes it sends as a second.
  else response.end(body, 'latin1');
}

/** The body as it is sent. Wire text that is not worth packing stays what it is. */
async function packed(
  { body = NOTHING, isWire = false, asIs = false }: Answer,
  { acceptEncoding }: SendOptions,
): Promise<{ readonly body: string | Buffer; readonly coding?: ContentCoding }> {
  const coding = asIs ? undefined : acceptedCoding(acceptEncoding);
  if (isWire && coding === undefined) return { body };
  const bytes = typeof body === 'string' ? Buffer.from(body, isWire ? 'latin1' : 'utf8') : body;
  return compressed(bytes, coding);
}
