import { GatewayError } from '../../../kit/errors/index.ts';
import type { Codec } from '../values/codec.ts';
import { sageId } from '../values/sage-id.ts';

declare const written: unique symbol;

/** A value as OData text. Only this file creates literals, so nothing else gets into a filter. */
export type Literal = string & { readonly [written]: true };

/**
 * A value as OData text: text and enum names in single quotes with quotes doubled; numbers, booleans, dates and instants
 * unquoted. Undefined if it is not a value of that kind. Source: Sage 200 guide, query parameters.
 */
export function literalOf({ toLiteral: print }: Codec, value: unknown): Literal | undefined {
  if (value === null || value === undefined) return 'null' as Literal;
  if (typeof value === 'string' && value.length > LONGEST_TEXT) return undefined;
  return print(value) as Literal | undefined;
}

/** Maximum characters of a text in a comparison: longer ones fit into no address, and into no column of Sage. */
const LONGEST_TEXT = 8_000;

/** A value from the caller. @throws GatewayError BAD_USER_INPUT if it is not of that kind */
export function toLiteral(codec: Codec, value: unknown): Literal {
  const literal = literalOf(codec, value);
  if (literal !== undefined) return literal;
  throw new GatewayError(
    'BAD_USER_INPUT',
    typeof value === 'string' ? faultOf(value) : `“${clip(String(value))}” is not a value to compare with.`,
  );
}

function faultOf(text: string): string {
  if (text.length > LONGEST_TEXT) return `A text to compare with has ${LONGEST_TEXT} characters at most.`;
  return text.isWellFormed()
    ? `“${clip(text)}” is not a value to compare with.`
    : 'A text to compare with holds half a character.';
}

/** A value from a row of Sage, to find more rows by. @throws GatewayError UPSTREAM_UNAVAILABLE if it is not of that kind */
export function toLiteralFromRow(codec: Codec, value: unknown): Literal {
  const literal = literalOf(codec, value);
  if (literal !== undefined) return literal;
  throw new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Sage 200 returned a row with “${clip(String(value))}” where the gateway needs ${codec === sageId ? 'an id' : 'a value'} to find other rows. Remove the rows that it leads to from your query.`,
    { source: 'sage200' },
  );
}

const MAX_SHOWN = 40;

/** The part of a text that a message repeats. */
export const clip = (text: string): string =>
  (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text).toWellFormed();
