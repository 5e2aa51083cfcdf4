import { createHash } from 'node:crypto';

const PREFIX = 'person-';

/** The name of a person's own connection: always the same for one Sage ID account, without revealing it. */
export function personalConnectionOf(issuer: string, subject: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex');
  return `${PREFIX}${digest.slice(0, 32)}`;
}

/** Whether a name is reserved for people's own connections. */
export const isPersonalConnection = (name: string): boolean => name.startsWith(PREFIX);

/** Where the person of a connection signs in again. A personal connection is found by the person who signs in. */
export const connectUrlOf = (name: string): string =>
  isPersonalConnection(name) ? '/connect/sage200' : `/connect/sage200?connection=${encodeURIComponent(name)}`;
