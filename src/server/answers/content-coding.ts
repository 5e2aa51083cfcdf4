import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type ContentCoding = 'br' | 'gzip';

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/** What the client can unpack, the better one first; RFC 9110 12.5.3 without weighing one against the other. */
export function acceptedCoding(acceptEncoding: AcceptEncoding): ContentCoding | undefined {
  const accepted = codingsOf(acceptEncoding);
  if (accepted.has('br')) return 'br';
  return hasGzip(accepted) ? 'gzip' : undefined;
}

export const acceptsGzip = (acceptEncoding: AcceptEncoding): boolean => hasGzip(codingsOf(acceptEncoding));

export type AcceptEncoding = string | readonly string[] | undefined;

function codingsOf(acceptEncoding: AcceptEncoding): ReadonlySet<string | undefined> {
  if (typeof acceptEncoding !== 'string') return new Set();
  return new Set(
    acceptEncoding
      .toLowerCase()
      .split(',')
      .filter((each) => !/;\s*q=0(\.0*)?\s*$/.test(each))
      .map((each) => each.split(';')[0]?.trim()),
  );
}

const hasGzip = (accepted: ReadonlySet<string | undefined>) => accepted.has('gzip') || accepted.has('x-gzip');

export function compressed(body: Buffer, coding: ContentCoding): Promise<Buffer> {
  // Brotli's default (11) takes seconds for a megabyte; 4 is about gzip's speed and still smaller.
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } };
  return coding === 'br' ? brotliAsync(body, quality) : gzipAsync(body);
}
