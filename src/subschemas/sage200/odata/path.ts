import { sageId } from '../values/sage-id.ts';
import { toLiteralFromRow } from './literal.ts';

/**
 * The address of one row below its list. Keys are whole numbers, so none can end a segment or lead to another.
 * @throws GatewayError UPSTREAM_UNAVAILABLE when the key is not one: what callers give is checked before
 */
export const rowPath = (list: string, key: string): string => `${list}/${toLiteralFromRow(sageId, key)}`;

/** The address of a list below one row: a path with a name in braces where the row's key goes. */
export const pathBelow = (template: string, key: string): string =>
  template.replace(/\{\w+\}/, () => toLiteralFromRow(sageId, key));
