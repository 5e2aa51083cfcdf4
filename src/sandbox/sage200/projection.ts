import { badRequest } from './api-error.ts';
import { type Catalogue, type Field, isNested, type Resource } from './catalogue.ts';

/** The keys of an answer: plain fields, and below them the expanded objects and arrays. */
export interface Projection {
  readonly scalars: readonly Field[];
  readonly nested: readonly { readonly field: Field; readonly shape: Projection }[];
}

/**
 * Calculates the keys from `$select` and `$expand`.
 *
 * Objects and arrays appear when expanded only. What an expanded embedded object or row carries comes with it, as
 * `main_address` brings `address_country_code`; rows and objects that are resources come with their plain fields (deeper
 * levels have no documented syntax).
 * @throws ApiError 400 for a name that the resource does not have or that was not expanded.
 */
export function toProjection(
  catalogue: Catalogue,
  resource: Resource,
  query: { readonly select: readonly string[] | undefined; readonly expand: readonly string[] },
): Projection {
  checkExpand(resource, query.expand);
  const shown = resource.fields.filter((field) =>
    field.expands.length === 0 ? true : field.expands.some((name) => query.expand.includes(name)),
  );
  const whole = toShape(catalogue, shown);
  return query.select ? selectFrom(whole, query.select, resource.name) : whole;
}

/** Names `$expand` knows: the children and links, and the custom ones that switch on plain fields. */
const expandNames = (resource: Resource): Set<string> => new Set(resource.fields.flatMap((field) => field.expands));

function checkExpand(resource: Resource, names: readonly string[]): void {
  const known = expandNames(resource);
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw badRequest(`'${unknown}' cannot be expanded on type '${resource.name}'.`);
}

function toShape(catalogue: Catalogue, fields: readonly Field[]): Projection {
  return {
    scalars: fields.filter((field) => !isNested(field)),
    nested: fields.filter(isNested).map((field) => ({ field, shape: toChildShape(catalogue, field) })),
  };
}

function toChildShape(catalogue: Catalogue, field: Field): Projection {
  if (field.children) return toShape(catalogue, field.children);
  const rows = catalogue.resources.get(field.rowsOf ?? field.ref ?? '');
  const scalars = rows?.fields.filter((child) => !isNested(child) && child.expands.length === 0) ?? [];
  return { scalars, nested: [] };
}

function selectFrom(whole: Projection, paths: readonly string[], typeName: string): Projection {
  const below = new Map<string, string[]>();
  const entire = new Set<string>();
  for (const path of paths) {
    const dot = path.indexOf('.');
    if (dot < 0) entire.add(path);
    else below.set(path.slice(0, dot), [...(below.get(path.slice(0, dot)) ?? []), path.slice(dot + 1)]);
  }
  for (const name of entire) {
    const isKnown = [...whole.scalars, ...whole.nested.map(({ field }) => field)].some((field) => field.name === name);
    if (!isKnown) throw badRequest(`Could not find a property named '${name}' on type '${typeName}'.`);
  }
  for (const name of below.keys()) {
    const isExpanded = whole.nested.some(({ field }) => field.name === name);
    if (!isExpanded) throw badRequest(`'${name}' is selected from but not expanded on type '${typeName}'.`);
  }
  return {
    scalars: whole.scalars.filter((field) => entire.has(field.name)),
    nested: whole.nested.flatMap(({ field, shape }) => {
      const inner = below.get(field.name);
      if (entire.has(field.name)) return [{ field, shape }];
      return inner ? [{ field, shape: selectFrom(shape, inner, field.name) }] : [];
    }),
  };
}
