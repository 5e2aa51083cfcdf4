import type { FilterInput } from '../values/codec.ts';
import { CODECS, codecOf } from '../values/codecs.ts';
import { filterableFields, isFilterable, orderableFields } from './list-arguments.ts';
import type { EnumType, RowType, ScalarField } from './model.ts';

/** A text that is one of an enum list's values: those have no order, and no parts. */
const LOOKUP: FilterInput & { readonly scalar: string } = {
  name: 'Sage200LookupFilter',
  description: "Conditions on a text that is one of an enum list's values.",
  operators: ['eq', 'ne', 'in'],
  scalar: 'String',
};

/** The inputs of conditions on plain values, and on members of these enumerations. */
export function filterInputsText(enums: readonly EnumType[]): string {
  const plain = Object.values(CODECS).map(({ scalar, filter }) => ({ ...filter, scalar: scalar.name }));
  const named = enums.map(({ name, codec }) => ({ ...codec.filter, scalar: name }));
  return [LOOKUP, ...plain, ...named].map(filterInputText).join('\n');
}

function filterInputText({ name, description, operators, scalar }: typeof LOOKUP): string {
  const members = operators.map((operator) => `${operator}: ${operator === 'in' ? `[${scalar}!]` : scalar}`);
  return `"${description}" input ${name} { ${members.join(' ')} }`;
}

const filterTypeOf = (field: ScalarField): string => (field.lookup ? LOOKUP : codecOf(field).filter).name;

/** A list's pages, and what its rows are filtered and ordered by. */
export function listTypesText(type: RowType): string {
  const fields = filterableFields(type);
  const filters = fields.map((field) => `${field.name === 'sageId' ? 'id' : field.name}: ${filterTypeOf(field)}`);
  const orders = orderableFields(type).map(
    (field) => `${field.name === 'sageId' ? 'id' : field.name}: Sage200OrderDirection`,
  );
  const connection = `
"A page of ${type.name} rows."
type ${type.name}Connection {
  edges: [${type.name}Edge!]!
  "The rows without their cursors."
  nodes: [${type.name}!]!
  pageInfo: Sage200PageInfo!
  "All rows that meet the filter. Costs a call of its own when it is asked for."
  totalCount: Int
}
"A ${type.name} row and its place in the list."
type ${type.name}Edge { cursor: String! node: ${type.name}! }`;
  if (!isFilterable(type)) return connection;
  return `${connection}
"Conditions on ${type.name} rows. All that are given must hold."
input ${type.name}Filter { and: [${type.name}Filter!] or: [${type.name}Filter!] not: ${type.name}Filter ${filters.join(' ')} }
${orders.length > 0 ? `"One key to order ${type.name} rows by; name just one field an entry."\ninput ${type.name}Order { ${orders.join(' ')} }` : ''}`;
}
