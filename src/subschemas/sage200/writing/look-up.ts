import type { CompanyRef } from '../caller.ts';
import { isFilterable } from '../model/list-arguments.ts';
import type { Action, RowType, Sage200Model, ScalarField } from '../model/model.ts';
import { encodeGlobalId } from '../values/global-id.ts';
import { isFilled } from './rules/is-given.ts';

/** How to find out whether a write was performed: the value of `extensions.lookUp` of an `OUTCOME_UNKNOWN`. */
export interface LookUp {
  /** Field of `sage200` to read. */
  readonly field: string;
  /** A complete document, ready to be sent. */
  readonly query: string;
}

type Given = Readonly<Record<string, unknown>>;

/** Number of newest rows to look through if nothing in the input identifies the row. */
const NEWEST = 10;

/** Finds the row that would have been created: by its natural key, otherwise among the newest. */
export function lookUpCreated(type: RowType, given: Given, company: CompanyRef): LookUp | undefined {
  const { resource } = type;
  if (!resource?.operations.has('LIST')) return undefined;
  const known = naturalKey(type).filter(({ name }) => isFilled(given[name]));
  const conditions = known.map(({ name, scalar, enumType }) => {
    const value = enumType ? String(given[name]) : JSON.stringify(scalar === 'ID' ? String(given[name]) : given[name]);
    return `${name}: { eq: ${value} }`;
  });
  const filter = conditions.length > 0 ? [`filter: { ${conditions.join(', ')} }`] : [];
  // An account alone has many postings: the newest come first.
  const isFound = known.some(({ scalar }) => scalar !== 'ID');
  const isDated = isFilterable(type) && plainField(type, 'dateTimeCreated')?.filterable === true;
  if (!isFound && !isDated) return undefined;
  const order = isFound ? [] : ['orderBy: [{ dateTimeCreated: DESC }]'];
  const list = `${resource.listField}(${[...filter, ...order, `first: ${NEWEST}`].join(', ')})`;
  return toLookUp(resource.listField, `${list} { nodes { ${selectionOf(type)} } }`, company);
}

/** Finds the row that would have been changed or removed. */
export function lookUpRow(type: RowType, key: string, company: CompanyRef): LookUp | undefined {
  const { resource } = type;
  if (!resource) return undefined;
  const id = JSON.stringify(type.isNode ? encodeGlobalId({ ...company, typeName: type.name, key }) : key);
  if (resource.operations.has('GET'))
    return toLookUp(resource.singleField, `${resource.singleField}(id: ${id}) { ${selectionOf(type)} }`, company);
  if (!resource.operations.has('LIST') || plainField(type, 'sageId')?.filterable !== true) return undefined;
  const list = `${resource.listField}(filter: { id: { eq: ${id} } })`;
  return toLookUp(resource.listField, `${list} { nodes { ${selectionOf(type)} } }`, company);
}

/** Finds the result of a POST or PUT that does not change rows directly. */
export function lookUpAction(
  model: Sage200Model,
  { answer, foundIn }: Action,
  given: Given,
  key: string | undefined,
  company: CompanyRef,
): LookUp | undefined {
  const type = foundIn === undefined ? answer?.type : model.rowTypes.get(foundIn);
  if (!type) return undefined;
  const { input, ...rest } = given;
  if (key !== undefined) return lookUpRow(type, key, company);
  return lookUpCreated(type, { ...rest, ...(input as Given | undefined) }, company);
}

function toLookUp(field: string, selection: string, { site, company }: CompanyRef): LookUp {
  const choice = `site: ${JSON.stringify(site)}, company: ${JSON.stringify(company)}`;
  return { field, query: `{ sage200(${choice}) { ${selection} } }` };
}

const naturalKey = (type: RowType): ScalarField[] =>
  (type.resource?.naturalKey ?? []).flatMap((name) => {
    const field = plainField(type, name);
    return field?.filterable ? [field] : [];
  });

/** Enough to identify the row and check that it is right. */
function selectionOf(type: RowType): string {
  const names = ['sageId', ...naturalKey(type).map(({ name }) => name), 'dateTimeCreated', 'dateTimeUpdated'];
  const shown = names.filter((name) => {
    const field = plainField(type, name);
    return field !== undefined && !field.writeOnly && !field.filterOnly;
  });
  return [...(type.isNode ? ['id'] : []), ...shown].join(' ') || '__typename';
}

function plainField(type: RowType, name: string): ScalarField | undefined {
  const field = type.fields.get(name);
  return field?.kind === 'scalar' ? field : undefined;
}
