import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Holder } from '../../kit/http/index.ts';

/**
 * How much more than allowed is still read and discarded: a client that is cut off while sending sees a
 * broken connection instead of the answer. Above this, the connection is closed.
 */
const DISCARDED = 16;

/**
 * Reads the whole body, whether its length was announced or not.
 * @param holder the request that the memory is counted for
 * @throws GatewayError COST_EXCEEDED if it is longer than `limitBytes`; an ordinary Error if the client disconnected.
 */
export function readBody(request: IncomingMessage, limitBytes: number, holder?: Holder): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const tooLong = () =>
      new GatewayError(
        'COST_EXCEEDED',
        `The body is longer than ${limitBytes} bytes (limits.bodyBytes). Send less at a time, and long values as variables.`,
        { details: { limit: 'bodyBytes' } },
      );
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) {
        chunks.push(chunk);
        holder?.hold(chunk.length);
        return;
      }
      chunks.length = 0;
      if (bytes > limitBytes * DISCARDED) reject(tooLong());
    });
    // Each of these events comes once; Node's `once` would create two objects for each.
    request.on('end', () => {
      if (bytes > limitBytes) reject(tooLong());
      else resolve(withoutMark(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, bytes)));
    });
    request.on('error', reject);
    request.on('close', () => {
      // Every request emits "close"; creating an error for each would cost as much as reading it.
      if (!request.readableEnded) reject(new Error('the client closed the connection before its request was complete'));
    });
  });
}

/** The UTF-8 byte order mark, which .NET and PowerShell put before a text. It is not part of JSON. */
const withoutMark = (body: Buffer): Buffer =>
  body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;

/** Whether the announced length is more than will be read. */
export function isTooLongByFar(contentLength: string | undefined, limitBytes: number): boolean {
  return Number(contentLength ?? 0) > limitBytes * DISCARDED;
}
