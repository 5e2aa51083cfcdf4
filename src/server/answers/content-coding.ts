import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type ContentCoding = 'br' | 'gzip';

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/** What the client can unpack, the better one first; RFC 9110 12.5.3 without weighing one against the other. */
export function acceptedCoding(acceptEncoding: string | readonly string[] | undefined): ContentCoding | undefined {
  if (typeof acceptEncoding !== 'string') return undefined;
  const accepted = new Set(
    acceptEncoding
      .toLowerCase()
      .split(',')
      .filter((each) => !/;\s*q=0(\.0*)?\s*$/.test(each))
      .map((each) => each.split(';')[0]?.trim()),
  );
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') || accepted.has('x-gzip') ? 'gzip' : undefined;
}

export function compressed(body: Buffer, coding: ContentCoding): Promise<Buffer> {
  // Brotli's default (11) takes seconds for a megabyte; 4 is about gzip's speed and still smaller.
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } };
  return coding === 'br' ? brotliAsync(body, quality) : gzipAsync(body);
}
