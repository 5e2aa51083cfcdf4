import { GraphQLString } from 'graphql';
import { GatewayError } from '../../../kit/errors/index.ts';
import { type Codec, ORDERED } from './codec.ts';
import { textOf } from './decimal-text.ts';
import { PLAIN_TEXT } from './tokens.ts';
import { unreadable } from './unreadable.ts';

export const text: Codec = {
  scalar: GraphQLString,
  read: readText,
  isEmptyUnset: false,
  token: { pattern: `("${PLAIN_TEXT}")` },
  toLiteral: (value) => quoted(textOf(value)),
  toBody(value, { maxLength }) {
    const given = String(value);
    // Half a surrogate pair has no UTF-8 form: it would be saved as another character.
    if (!given.isWellFormed())
      throw new GatewayError('BAD_USER_INPUT', 'This text contains half a character, which cannot be saved.');
    if (maxLength !== undefined && given.length > maxLength) {
      throw new GatewayError(
        'BAD_USER_INPUT',
        `Sage 200 stores at most ${maxLength} characters here; this text has ${given.length}.`,
      );
    }
    return given;
  },
  compare: undefined,
  filter: {
    name: 'Sage200StringFilter',
    description: 'Conditions on text. All that are given must hold.',
    operators: [...ORDERED, 'contains', 'startsWith', 'endsWith'],
  },
};

export function readText(value: unknown): string | null {
  if (typeof value === 'number' && !Number.isFinite(value)) throw unreadable('a text or a number');
  return value === undefined || typeof value === 'object' ? null : textOf(value);
}

/** Quotes inside are doubled. Undefined for half a surrogate pair, which cannot be sent as UTF-8. */
export function quoted(given: string): string | undefined {
  return given.isWellFormed() ? `'${given.replaceAll("'", "''")}'` : undefined;
}
