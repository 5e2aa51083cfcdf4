import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { Answer } from './answer.ts';
import { acceptedCoding } from './content-coding.ts';

const gzipAsync = promisify(gzip);

/** A text that is sent often: kept only in its packed form, a quarter of the size or less. */
export interface PackedText {
  readonly gzip: Buffer;
  /** Digest of the text, without quotes. */
  readonly digest: string;
}

export async function packText(text: string): Promise<PackedText> {
  const digest = createHash('sha256').update(text).digest('base64url');
  return { gzip: await gzipAsync(text), digest };
}

/** The text, or 304 when the client has it already. */
export function packedAnswer(
  text: PackedText,
  request: Readonly<Record<string, string | readonly string[] | undefined>>,
  headers: Readonly<Record<string, string>>,
): Answer {
  const canUnpack = acceptedCoding(withoutBrotli(request['accept-encoding'])) === 'gzip';
  const common = {
    ...headers,
    // Each form has its own tag: the tag names bytes, not meanings.
    etag: canUnpack ? `"${text.digest}-gzip"` : `"${text.digest}"`,
    vary: 'Accept-Encoding',
  };
  if (matches(request['if-none-match'], text.digest)) return { status: 304, headers: common };
  if (canUnpack)
    return { status: 200, headers: { ...common, 'content-encoding': 'gzip' }, body: text.gzip, asIs: true };
  // Hardly any client asks for it this way, so it is not worth keeping.
  return { status: 200, headers: common, body: gunzipSync(text.gzip), asIs: true };
}

/** A packed body in the form that the client takes, for answers that are not asked for again by a tag. */
export function unpackedFor(gzipped: Buffer, acceptEncoding: string | readonly string[] | undefined) {
  const canUnpack = acceptedCoding(withoutBrotli(acceptEncoding)) === 'gzip';
  return canUnpack
    ? { body: gzipped, headers: { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } }
    : { body: gunzipSync(gzipped), headers: { vary: 'Accept-Encoding' } };
}

const withoutBrotli = (header: string | readonly string[] | undefined) =>
  typeof header === 'string' ? header.replace(/\bbr\b/gi, '') : undefined;

/** RFC 9110 13.1.2, compared weakly: a proxy that unpacks or packs again marks the tag with `W/`. */
function matches(ifNoneMatch: string | readonly string[] | undefined, digest: string): boolean {
  if (typeof ifNoneMatch !== 'string') return false;
  const known = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return known.some((tag) => tag === '*' || tag === `"${digest}"` || tag === `"${digest}-gzip"`);
}
