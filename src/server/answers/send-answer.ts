import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Body, type BodyPart, piecesOf, roughLength, textOf } from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import type { Answer } from './answer.ts';
import {
  type AcceptEncoding,
  acceptedCoding,
  acceptsGzip,
  type ContentCoding,
  compressed,
  lengthOf,
} from './content-coding.ts';
import { createSharedMemory } from './shared-memory.ts';

export interface SendOptions {
  readonly acceptEncoding: AcceptEncoding;
  readonly requestId: string;
  /** More headers of this exchange, whatever the answer is. */
  readonly headers: Readonly<Record<string, string>>;
  /** HEAD: the same headers, no body. */
  readonly withoutBody: boolean;
  /** The connection ends after this answer. */
  readonly closeConnection: boolean;
}

/**
 * Headers of every answer, names and values in turn: browsers must not guess types, send URLs to other sites, or embed
 * pages.
 */
const SECURITY_HEADERS = [
  ...['x-content-type-options', 'nosniff'],
  ...['referrer-policy', 'no-referrer'],
  ...['x-frame-options', 'DENY'],
  ...['cross-origin-resource-policy', 'same-origin'],
];

/** Shorter bodies are sent in one piece with their headers: copying them costs less than a second write. */
const LONGEST_TEXT = 8 * 1024;
/** Longer bodies are compressed for clients that accept it. */
const LONGEST_PLAIN = 32 * 1024;

const memory = createSharedMemory(LONGEST_PLAIN);

/** @returns a promise only if the body has to be compressed first */
export function sendAnswer(response: ServerResponse, answer: Answer, options: SendOptions): MaybePromise<void> {
  if (response.destroyed) return;
  const { body = '', gzipped } = answer;
  if (gzipped) return sendGzipped(response, answer, gzipped, options);
  const parts: Body = isSeveral(body) ? body : [body];
  const length = roughLength(parts);
  if (length <= LONGEST_TEXT) {
    const { chars, bytes } = textOf(parts);
    writeHead(response, answer, options, bytes, undefined);
    if (options.withoutBody) response.end();
    else response.end(chars, bytes === chars.length ? 'latin1' : 'utf8');
    return;
  }
  const send = (pieces: readonly Buffer[], coding?: ContentCoding): undefined => {
    if (response.destroyed) return;
    writeHead(response, answer, options, lengthOf(pieces), coding);
    if (!options.withoutBody) for (const piece of pieces.slice(0, -1)) response.write(piece);
    response.end(options.withoutBody ? undefined : pieces.at(-1));
  };
  if (length <= LONGEST_PLAIN) return memory.lend(parts, response.socket, (bytes) => send([bytes]));
  const pieces = piecesOf(parts);
  const coding = acceptedCoding(options.acceptEncoding);
  if (coding !== undefined) return compressed(pieces, coding).then((packed) => send(packed, coding));
  send(pieces);
}

/** Decompresses piece by piece as the client reads: the text is megabytes, and only its compressed form is in memory. */
function sendGzipped(response: ServerResponse, answer: Answer, gzipped: Buffer, options: SendOptions): void {
  const isPacked = acceptsGzip(options.acceptEncoding);
  const length = isPacked ? gzipped.length : unpackedLength(gzipped);
  writeHead(response, answer, options, length, isPacked ? 'gzip' : undefined);
  if (options.withoutBody) response.end();
  else if (isPacked) response.end(gzipped);
  else {
    const unpacking = createGunzip();
    // Decompression cannot fail here, and the response notices a client that disconnects.
    pipeline(unpacking, response, () => {});
    unpacking.end(gzipped);
  }
}

/** Length of the text, from the end of the gzip data (RFC 1952, ISIZE); no text here has 4 GB. */
const unpackedLength = (gzipped: Buffer): number => gzipped.readUInt32LE(gzipped.length - 4);

const isSeveral = (body: BodyPart | Body): body is Body => Array.isArray(body);

function writeHead(
  response: ServerResponse,
  { status, headers, cookies = [], gzipped }: Answer,
  { requestId, headers: own, closeConnection }: SendOptions,
  length: number,
  coding: ContentCoding | undefined,
): void {
  const lines = [...SECURITY_HEADERS, 'x-request-id', requestId];
  for (const some of [own, headers]) for (const name in some) if (name !== 'vary') lines.push(name, some[name] ?? '');
  for (const cookie of cookies) lines.push('set-cookie', cookie);
  if (coding) lines.push('content-encoding', coding);
  const vary = [own['vary'], headers?.['vary'], (coding ?? gzipped) && 'Accept-Encoding'].filter(Boolean);
  if (vary.length > 0) lines.push('vary', vary.join(', '));
  // RFC 9110 8.6: neither 204 nor 304 announces a length.
  if (status !== 204 && status !== 304) lines.push('content-length', String(length));
  if (closeConnection) lines.push('connection', 'close');
  response.writeHead(status, lines);
}
