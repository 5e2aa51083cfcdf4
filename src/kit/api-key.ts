import { createHash, randomBytes } from 'node:crypto';

export const API_KEY_PREFIX = 'sgk_';

/** 256 bits cannot be guessed, so a plain SHA-256 hash may be stored in a file. */
const KEY_BYTES = 32;

/** A new API key of the gateway, and its digest in hex. Only the digest is stored. */
export function makeApiKey(): { readonly key: string; readonly sha256: string } {
  const key = `${API_KEY_PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`;
  return { key, sha256: createHash('sha256').update(key).digest('hex') };
}
