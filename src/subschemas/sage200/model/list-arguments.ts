import { type FieldDefinitionNode, Kind, parse } from 'graphql';
import type { ResourceParameter, RowType, ScalarField } from './model.ts';

/** Rows of one page: default and maximum. Source of the maximum: Sage 200 guide, `$top`. */
export const DEFAULT_FIRST = 100;

/** Options beyond OData that a few lists accept. Source: Sage 200 guide, query parameters. */
export const PARAMETER_ARGUMENTS: Readonly<
  Record<
    ResourceParameter,
    { readonly name: 'ageingDateType' | 'periodNumber'; readonly option: string; readonly text: string }
  >
> = {
  AGEING_DATE_TYPE: {
    name: 'ageingDateType',
    option: '$ageingdatetype',
    text: '"The date that age is counted from; left out, as the ledger is set." ageingDateType: Sage200AgeingDateType',
  },
  PERIOD_NUMBER: {
    name: 'periodNumber',
    option: '$periodnumber',
    text: '"Looks back to an earlier period; 0 is the current one." periodNumber: Int',
  },
};

/** The arguments of every list of the type, as SDL in parentheses. */
export function listArgumentsText(type: RowType): string {
  const all = [
    `"Rows in this page, 0 to 5000." first: Int = ${DEFAULT_FIRST}`,
    '"The `endCursor` of the page before." after: String',
  ];
  if (isFilterable(type)) {
    all.push(`"Only rows that meet all of this." filter: ${type.name}Filter`);
    if (orderableFields(type).length > 0)
      all.push(`"One key an entry, the first counts most." orderBy: [${type.name}Order!]`);
    if (changeStamp(type)) all.push('"Only rows created or changed after this instant." changedSince: Sage200DateTime');
  }
  for (const parameter of type.resource?.parameters ?? []) all.push(PARAMETER_ARGUMENTS[parameter].text);
  return `(${all.join(', ')})`;
}

/** The same for a hand-written list field. */
export function listArguments(type: RowType): NonNullable<FieldDefinitionNode['arguments']> {
  const [definition] = parse(`type T { f${listArgumentsText(type)}: ID }`, { noLocation: true }).definitions;
  const [field] = definition?.kind === Kind.OBJECT_TYPE_DEFINITION ? (definition.fields ?? []) : [];
  return field?.arguments ?? [];
}

export const isFilterable = (type: RowType): boolean =>
  type.resource?.perCompany !== false && filterableFields(type).length > 0;

export const filterableFields = (type: RowType): ScalarField[] =>
  [...type.fields.values()].filter((field): field is ScalarField => field.kind === 'scalar' && field.filterable);

/** A filter-only name is in no row, so rows cannot be ordered by it. */
export const orderableFields = (type: RowType): ScalarField[] =>
  filterableFields(type).filter(({ filterOnly }) => !filterOnly);

/** The time stamp that shows when a row was changed. */
export function changeStamp(type: RowType): ScalarField | undefined {
  const stamp = type.fields.get('dateTimeUpdated');
  return stamp?.kind === 'scalar' && stamp.filterable && !stamp.filterOnly ? stamp : undefined;
}
