import type { FilterInput } from '../values/codec.ts';
import { CODECS, codecOf } from '../values/codecs.ts';
import { lookupMember } from '../values/members.ts';
import { filterableFields, isFilterable, orderableFields } from './list-arguments.ts';
import type { EnumType, RowType, ScalarField } from './model.ts';

/** The inputs of conditions on plain values, and on members of these enums. */
export function filterInputsText(enums: readonly EnumType[]): string {
  const plain = Object.values(CODECS).map(({ scalar, filter }) => ({ ...filter, scalar: scalar.name }));
  const named = enums.map(({ name, codec }) => ({ ...codec.filter, scalar: name }));
  return [{ ...lookupMember.filter, scalar: 'String' }, ...plain, ...named].map(filterInputText).join('\n');
}

function filterInputText({ name, description, operators, scalar }: FilterInput & { readonly scalar: string }): string {
  const members = operators.map((operator) => `${operator}: ${operator === 'in' ? `[${scalar}!]` : scalar}`);
  return `"${description}" input ${name} { ${members.join(' ')} }`;
}

const filterTypeOf = (field: ScalarField): string => codecOf(field).filter.name;

/** A list's pages, with the filter and order of its rows. */
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
  "The rows without their cursors. One that lacks its key is null, with an error."
  nodes: [${type.name}]
  pageInfo: Sage200PageInfo!
  "All rows that meet the filter. Costs a call of its own when it is asked for."
  totalCount: Int
}
"A ${type.name} row and its place in the list."
type ${type.name}Edge { cursor: String! node: ${type.name} }`;
  if (!isFilterable(type)) return connection;
  return `${connection}
"Conditions on ${type.name} rows. All that are given must hold."
input ${type.name}Filter { and: [${type.name}Filter!] or: [${type.name}Filter!] not: ${type.name}Filter ${filters.join(' ')} }
${orders.length > 0 ? `"One key to order ${type.name} rows by; name just one field an entry."\ninput ${type.name}Order { ${orders.join(' ')} }` : ''}`;
}
