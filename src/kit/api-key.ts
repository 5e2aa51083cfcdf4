import { createHash, randomBytes } from 'node:crypto';

export const API_KEY_PREFIX = 'sgk_';

/** 256 bits: nobody guesses it, so a plain SHA-256 of it may stand in a file. */
const KEY_BYTES = 32;

/** A new key of the gateway's, and its digest in hex, which is all that is kept of it. */
export function makeApiKey(): { readonly key: string; readonly sha256: string } {
  const key = `${API_KEY_PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`;
  return { key, sha256: createHash('sha256').update(key).digest('hex') };
}
