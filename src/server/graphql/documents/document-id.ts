import { isObject, type JsonObject } from '../../../kit/json.ts';
import { ClientError } from '../client-error.ts';

const HASH_PREFIX = 'sha256:';

/** An id with this prefix is the same as the hash alone. */
export const withoutPrefix = (id: string): string => (id.startsWith(HASH_PREFIX) ? id.slice(HASH_PREFIX.length) : id);

/** How the request identifies its document; undefined if it does not. @throws ClientError */
export function documentIdOf({ documentId, extensions }: JsonObject): string | undefined {
  if (documentId !== undefined && documentId !== null) {
    if (typeof documentId !== 'string') throw badRequest('documentId must be a string, such as "sha256:…".');
    return withoutPrefix(documentId);
  }
  const persisted = isObject(extensions) ? extensions['persistedQuery'] : undefined;
  if (!isObject(persisted)) return undefined;
  const { version = 1, sha256Hash } = persisted;
  if (version !== 1) throw badRequest('extensions.persistedQuery.version must be 1.');
  return typeof sha256Hash === 'string' ? withoutPrefix(sha256Hash) : undefined;
}

/** An error that also sets the status for clients of plain JSON. */
export const badRequest = (message: string): ClientError =>
  new ClientError(message, {
    extensions: { code: 'BAD_USER_INPUT', source: 'gateway' },
    status: 400,
    statusAlways: true,
  });
