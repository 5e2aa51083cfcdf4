import type { FindConnection } from './callers-settings.ts';
import type { Sage200Identity } from './principal.ts';

/** The Sage 200 part of a principal whose connection has a name; nothing when it has none. */
export function toSage200Identity(name: string | undefined, connection: FindConnection): { sage200?: Sage200Identity } {
  const tokens = name === undefined ? undefined : connection(name);
  return name === undefined || !tokens ? {} : { sage200: { key: `connection:${name}`, connection: name, tokens } };
}
