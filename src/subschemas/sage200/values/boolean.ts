import { GraphQLBoolean } from 'graphql';
import type { Codec } from './codec.ts';
import { unreadable } from './unreadable.ts';

/** Yes or no; some views write it as text or as 1. */
export const boolean: Codec = {
  scalar: GraphQLBoolean,
  read(value) {
    if (value === null || value === undefined || value === '') return null;
    if (value === true || value === 'true' || value === 1 || value === '1') return true;
    if (value === false || value === 'false' || value === 0 || value === '0') return false;
    throw unreadable('yes or no');
  },
  isEmptyUnset: false,
  token: { pattern: '(true|false)' },
  toLiteral(value) {
    const text = String(value);
    return text === 'true' || text === 'false' ? text : undefined;
  },
  toBody: (value) => value,
  compare: (first, second) => Number(first) - Number(second),
  filter: { name: 'Sage200BooleanFilter', description: 'Conditions on yes or no.', operators: ['eq', 'ne'] },
};
