import type { ScalarField } from '../../../src/subschemas/sage200/model/model.ts';
import { enumCodec } from '../../../src/subschemas/sage200/values/members.ts';

const STATUS = { name: 'Status', members: ['Open', 'OnHold'], byNumber: new Map([['0', 'Open']]), onUnknown: () => {} };

/** A column that holds such values, and takes all of them. `Status` is an enumeration. */
export const scalarField = (scalar: string, nonNull = false): ScalarField => ({
  kind: 'scalar',
  name: 'balance',
  restName: 'balance',
  description: undefined,
  since: undefined,
  scalar,
  enumType: scalar === 'Status' ? { ...STATUS, codec: enumCodec(STATUS) } : undefined,
  list: false,
  nonNull,
  required: false,
  filled: nonNull,
  readOnly: false,
  writeOnly: false,
  createOnly: false,
  updateOnly: false,
  maxLength: undefined,
  range: undefined,
  scale: undefined,
  lookup: undefined,
  memberList: undefined,
  expand: undefined,
  filterable: true,
  filterOnly: false,
  refersTo: undefined,
});
