import { createHash } from 'node:crypto';

/** How secrets appear in the request log: equal secrets look equal, and none can be read. */
export const fingerprint = (secret: string): string =>
  `sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 16)}`;
