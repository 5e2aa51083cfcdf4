import { GatewayError } from '../../../kit/errors/index.ts';
import type { ColumnLimits } from './codec.ts';

/** @throws GatewayError BAD_USER_INPUT for a number outside the column's range */
export function checkRange(value: number, range: ColumnLimits['range']): void {
  const [least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY] = range ?? [];
  if (value < least || value > most)
    throw new GatewayError('BAD_USER_INPUT', `Sage 200 accepts ${least} to ${most} here.`);
}
