import { webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer } from './answer.ts';
import { acceptsGzip } from './content-coding.ts';

const gzipAsync = promisify(gzip);

/** A text that is sent often. It is only kept compressed, which takes a quarter of the size or less. */
export interface PackedText {
  readonly gzip: Buffer;
  /** Digest of the text, without quotes. */
  readonly digest: string;
}

/** Reads the text in other threads, since it may have millions of characters. */
export async function packText(text: string | Buffer<ArrayBuffer>): Promise<PackedText> {
  const bytes = Buffer.from(text);
  const [digest, packed] = await Promise.all([webcrypto.subtle.digest('SHA-256', bytes), gzipAsync(bytes)]);
  return { gzip: packed, digest: Buffer.from(digest).toString('base64url') };
}

/** The text, or 304 if the client already has it. */
export function packedAnswer(
  text: PackedText,
  request: Readonly<Record<string, string | readonly string[] | undefined>>,
  headers: Readonly<Record<string, string>>,
): Answer {
  const canUnpack = acceptsGzip(request['accept-encoding']);
  const common = {
    ...headers,
    // Each coding has its own tag, since a tag identifies bytes.
    etag: canUnpack ? `"${text.digest}-gzip"` : `"${text.digest}"`,
  };
  if (matches(request['if-none-match'], text.digest))
    return { status: 304, headers: { ...common, vary: 'Accept-Encoding' } };
  return { status: 200, headers: common, gzipped: text.gzip };
}

/** RFC 9110 13.1.2, weak comparison: a proxy that changes the compression marks the tag with `W/`. */
function matches(ifNoneMatch: string | readonly string[] | undefined, digest: string): boolean {
  if (typeof ifNoneMatch !== 'string') return false;
  const known = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return known.some((tag) => tag === '*' || tag === `"${digest}"` || tag === `"${digest}-gzip"`);
}
