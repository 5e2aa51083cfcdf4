import { GatewayError } from '../../../kit/errors/index.ts';
import type { ScalarName } from '../model/model.ts';
import { isSageKey } from '../sage-id.ts';
import { isDateText, isDecimalText, isInstantText, toDecimalText, toInstantText } from '../scalars.ts';

declare const written: unique symbol;

/** A value as OData text. Only this file makes one, so nothing else gets into a filter. */
export type Literal = string & { readonly [written]: true };

/**
 * A value as OData text: text and enum names in single quotes with quotes doubled; numbers, booleans, dates and instants
 * bare. Undefined for what is not a value of that kind. Source: Sage 200 guide, query parameters.
 */
export function literalOf(scalar: ScalarName, value: unknown): Literal | undefined {
  if (value === null || value === undefined) return 'null' as Literal;
  const text = textOf(scalar, value);
  return text === undefined ? undefined : (text as Literal);
}

function textOf(scalar: ScalarName, value: unknown): string | undefined {
  const text = typeof value === 'number' ? toDecimalText(value) : String(value);
  switch (scalar) {
    case 'ID':
      return isSageKey(text) ? text : undefined;
    case 'Int':
      return INT.test(text) ? text : undefined;
    case 'Boolean':
      return text === 'true' || text === 'false' ? text : undefined;
    case 'Sage200Decimal':
      return isDecimalText(text) ? text.replace('+', '') : undefined;
    // Rows have midnight where a filter takes the bare day as well.
    case 'Sage200Date':
      return isDateText(text) ? text : instantOf(text);
    case 'Sage200DateTime':
      return instantOf(text);
    default:
      // Half a surrogate pair cannot be sent as UTF-8.
      return text.isWellFormed() ? `'${text.replaceAll("'", "''")}'` : undefined;
  }
}

const INT = /^-?\d{1,15}$/;

function instantOf(text: string): string | undefined {
  const instant = toInstantText(text);
  return isInstantText(instant) ? instant : undefined;
}

/** A value that the caller gave. @throws GatewayError BAD_USER_INPUT when it is not of that kind */
export function toLiteral(scalar: ScalarName, value: unknown): Literal {
  const literal = literalOf(scalar, value);
  if (literal !== undefined) return literal;
  throw new GatewayError(
    'BAD_USER_INPUT',
    typeof value === 'string' && !value.isWellFormed()
      ? 'A text to compare with holds half a character.'
      : `“${clip(String(value))}” is not a value to compare with.`,
  );
}

/** A value out of a row of Sage's, to find more rows by. @throws GatewayError UPSTREAM_UNAVAILABLE when it is not of that kind */
export function toLiteralFromRow(scalar: ScalarName, value: unknown): Literal {
  const literal = literalOf(scalar, value);
  if (literal !== undefined) return literal;
  throw new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Sage 200 answered a row with “${clip(String(value))}” where the gateway looks for other rows by ${scalar === 'ID' ? 'an id' : 'a value'}: ask without the rows that it leads to.`,
    { source: 'sage200' },
  );
}

const MAX_SHOWN = 40;

/** As much of a text as a message repeats. */
export const clip = (text: string): string =>
  (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text).toWellFormed();
