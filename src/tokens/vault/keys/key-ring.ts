import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { GatewayError, Secret } from '../../../kit/errors/index.ts';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

/** Where a sealed value lives. Part of its seal: a value moved to another row or field does not open. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

/** Values read `v1.<key id>.<base64url of IV, tag, ciphertext>`. */
export interface Seals {
  /** With the present key. */
  seal(plain: Secret, place: Place): string;
  /** With any key. @returns undefined if the key is missing, or the value was changed or moved. */
  open(sealed: string, place: Place): Secret | undefined;
}

export interface KeyRing extends Seals {
  /** Id of the key that seals; reveals nothing about the key. */
  readonly keyId: string;
  /** Seals with keys derived from the ring's for one purpose (HKDF-SHA-256, RFC 5869): none opens what another sealed. */
  derive(purpose: string): Seals;
}

/** AES-256-GCM with a random IV for each value. @throws GatewayError MISCONFIGURED for a malformed key. */
export function createKeyRing(key: Secret, previousKeys: readonly Secret[] = []): KeyRing {
  const keys = new Map([...previousKeys, key].map((each) => parseKey(each)).map((bytes) => [toKeyId(bytes), bytes]));
  const keyId = toKeyId(parseKey(key));
  return {
    keyId,
    ...createSeals(keyId, keys),
    derive(purpose) {
      const derive = (bytes: Buffer) => Buffer.from(hkdfSync('sha256', bytes, '', purpose, KEY_BYTES));
      return createSeals(keyId, new Map([...keys].map(([id, bytes]) => [id, derive(bytes)])));
    },
  };
}

function createSeals(keyId: string, bytesOf: ReadonlyMap<string, Buffer>): Seals {
  // Keys as bytes would be checked and copied for each value: four times the work of everything else.
  const keys = new Map<string, KeyObject>([...bytesOf].map(([id, bytes]) => [id, createSecretKey(bytes)]));
  return {
    seal(plain, place) {
      const writing = keys.get(keyId);
      if (!writing) throw new Error('The present key is always in its ring.');
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', writing, iv).setAAD(toAssociatedData(keyId, place));
      const text = Buffer.concat([cipher.update(plain.reveal(), 'utf8'), cipher.final()]);
      return [VERSION, keyId, Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')].join('.');
    },
    open(sealed, place) {
      const [version, id = '', body = ''] = sealed.split('.');
      const bytes = Buffer.from(body, 'base64url');
      if (version !== VERSION || bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      const opening = keys.get(id);
      if (!opening) return undefined;
      try {
        const decipher = createDecipheriv('aes-256-gcm', opening, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(toAssociatedData(id, place)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
        return new Secret(plain.toString('utf8'));
      } catch {
        return undefined; // foreign, changed or moved: the caller decides, and nobody needs the cipher's message
      }
    },
  };
}

function parseKey(key: Secret): Buffer {
  const text = key.reveal().trim();
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === KEY_BYTES && /^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return bytes;
  throw new GatewayError(
    'MISCONFIGURED',
    'A vault key must be 32 bytes written in base64. Make one with: openssl rand -base64 32',
  );
}

const toKeyId = (bytes: Buffer) => createHash('sha256').update('vault key id').update(bytes).digest('hex').slice(0, 12);

const toAssociatedData = (keyId: string, { table, row, field }: Place) =>
  Buffer.from(JSON.stringify([VERSION, keyId, table, row, field]));
