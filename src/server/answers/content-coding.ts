import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';

export type ContentCoding = 'br' | 'gzip';

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/** The best coding that the client accepts; RFC 9110 12.5.3, ignoring weights. */
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

/** @param pieces of one body; several are read one after the other, and not put together before */
export async function compressed(pieces: readonly Buffer[], coding: ContentCoding): Promise<readonly Buffer[]> {
  // Brotli's default (11) takes seconds for a megabyte; 4 is about gzip's speed and still smaller.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: lengthOf(pieces) };
  const [only, second] = pieces;
  if (only && !second) return [await (coding === 'br' ? brotliAsync(only, { params }) : gzipAsync(only))];
  const packed: Buffer[] = [];
  await pipeline(pieces, coding === 'br' ? createBrotliCompress({ params }) : createGzip(), async (chunks) => {
    for await (const chunk of chunks) packed.push(chunk);
  });
  return packed;
}

export const lengthOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, { length }) => sum + length, 0);
