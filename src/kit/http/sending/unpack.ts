import { promisify } from 'node:util';
import { gunzip, gunzipSync, inflate, inflateRaw, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib';
import { HttpFailure } from '../send.ts';

/** Up to this size, compressed and decompressed, passing it to a thread takes longer than the work itself. */
const AT_ONCE_BYTES = 256 * 1024;

/** How to decode a coding, synchronously and in a thread. */
interface Unpacker {
  readonly now: (bytes: Buffer, options: ZlibOptions) => Buffer;
  readonly later: (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>;
}

const GZIP: Unpacker = { now: gunzipSync, later: promisify<Buffer, ZlibOptions, Buffer>(gunzip) };
const DEFLATE: Unpacker = { now: inflateSync, later: promisify<Buffer, ZlibOptions, Buffer>(inflate) };
const BARE_DEFLATE: Unpacker = { now: inflateRawSync, later: promisify<Buffer, ZlibOptions, Buffer>(inflateRaw) };

/** RFC 9110, 8.4.1: `deflate` has a zlib header; some servers have always left it out. */
const hasZlibHead = (bytes: Buffer) => ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;

function unpackerOf(coding: string, bytes: Buffer): Unpacker | undefined {
  if (coding === 'gzip' || coding === 'x-gzip') return GZIP;
  if (coding === 'deflate') return bytes.length >= 2 && hasZlibHead(bytes) ? DEFLATE : BARE_DEFLATE;
  return undefined;
}

/**
 * A body without its `Content-Encoding`. A body that cannot be decoded is unchanged: its status says what it means.
 * @throws HttpFailure tooLarge
 */
export async function unpack(body: Buffer, encoding: string | readonly string[], maxBytes: number): Promise<Buffer> {
  const codings = String(encoding).toLowerCase().split(',', 3);
  let bytes = body;
  for (const coding of codings.reverse()) {
    const name = coding.trim();
    if (name === '' || name === 'identity' || bytes.length === 0) continue;
    const unpacker = unpackerOf(name, bytes);
    const unpacked = unpacker && (await undo(unpacker, bytes, maxBytes));
    if (!unpacked) return body;
    bytes = unpacked;
  }
  return bytes;
}

async function undo(unpacker: Unpacker, bytes: Buffer, maxBytes: number): Promise<Buffer | undefined> {
  try {
    if (bytes.length <= AT_ONCE_BYTES) {
      try {
        return unpacker.now(bytes, { maxOutputLength: Math.min(maxBytes, AT_ONCE_BYTES) });
      } catch (error) {
        if (!isTooLarge(error) || maxBytes <= AT_ONCE_BYTES) throw error;
      }
    }
    return await unpacker.later(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (isTooLarge(cause)) throw new HttpFailure('tooLarge', true, { cause });
    return undefined;
  }
}

const isTooLarge = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
