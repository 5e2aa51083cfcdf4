import { GatewayError } from '../../kit/errors/index.ts';

/** Whether a text may name a connection: names are used in URLs, logs and seals. */
export const isConnectionName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);

/** A connection's name as people write it. @throws GatewayError BAD_USER_INPUT */
export function parseConnectionName(text: string): string {
  if (isConnectionName(text)) return text;
  const rule = 'letters, digits, dot, dash and underscore, beginning with a letter or digit, at most 64';
  throw new GatewayError('BAD_USER_INPUT', `This is not a name for a connection. Use ${rule}.`);
}
