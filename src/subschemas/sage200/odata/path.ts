import { sageId } from '../values/sage-id.ts';
import { toLiteralFromRow } from './literal.ts';

/**
 * The address of one row of a list. Keys are whole numbers, so they cannot end a segment or lead to another one.
 * @throws GatewayError UPSTREAM_UNAVAILABLE if the key is not a whole number: callers' keys are checked earlier
 */
export const rowPath = (list: string, key: string): string => `${list}/${toLiteralFromRow(sageId, key)}`;

/** The address of a list below one row: a path with a name in braces in the place of the row's key. */
export const pathBelow = (template: string, key: string): string =>
  template.replace(/\{\w+\}/, () => toLiteralFromRow(sageId, key));
