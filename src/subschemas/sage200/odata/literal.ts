import { GatewayError } from '../../../kit/errors/index.ts';
import type { ScalarName } from '../model/model.ts';

/** Numbers, booleans, dates and instants stand bare in a filter, so nothing else may get there. */
const BARE = /^[\w.:+-]+$/;

/**
 * A value as OData text. Strings and enum names in single quotes with quotes doubled; numbers, booleans, dates and
 * instants bare. Source: Sage 200 guide, query parameters.
 * @throws GatewayError BAD_USER_INPUT when a bare value has characters that no number or date has
 */
export function toLiteral(scalar: ScalarName, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  const text = String(value);
  switch (scalar) {
    case 'ID':
    case 'Int':
    case 'Boolean':
    case 'Sage200Decimal':
    case 'Sage200Date':
    case 'Sage200DateTime':
      if (!BARE.test(text))
        throw new GatewayError('BAD_USER_INPUT', `“${text.slice(0, 40)}” is not a value to compare with.`);
      return text;
    default:
      if (!text.isWellFormed())
        throw new GatewayError('BAD_USER_INPUT', 'A text to compare with holds half a character.');
      return `'${text.replaceAll("'", "''")}'`;
  }
}
