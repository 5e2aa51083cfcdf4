import { type ConstDirectiveNode, type ConstValueNode, type FieldDefinitionNode, Kind, type TypeNode } from 'graphql';
import type { EnumType, Field } from './model.ts';
import { singleFieldOf, toSnakeCase } from './names.ts';

export type Product = 'professional' | 'standard';

/** A field, an argument or a member of an input. */
export type Described = Pick<FieldDefinitionNode, 'name' | 'type' | 'directives' | 'description'>;

export interface Reading {
  readonly enums: ReadonlyMap<string, EnumType>;
  /** Paths of Sage's lists of members. */
  readonly lookups: ReadonlySet<string>;
  readonly typeNames: ReadonlySet<string>;
  readonly inputNames: ReadonlySet<string>;
  readonly product: Product;
  /** True for inputs and arguments: their objects are bodies, and their `id` is Sage's. */
  readonly isInput?: boolean;
}

/** @returns undefined for a field whose type this product does not have. @throws Error if the SDL does not say how to read it */
export function readField(
  node: Described,
  { enums, lookups, typeNames, inputNames, isInput = false }: Reading,
): Field | undefined {
  const name = node.name.value;
  const { typeName, list, nonNull } = unwrap(node.type);
  const given = argumentsOf(node.directives, 'field') ?? {};
  const linked = argumentsOf(node.directives, 'linked');
  const children = argumentsOf(node.directives, 'children');
  const back = argumentsOf(node.directives, 'list');
  const base = {
    name,
    restName: name === 'sageId' ? 'id' : toSnakeCase(name),
    description: node.description?.value,
    since: text((given['since'] ?? linked?.['since'] ?? children?.['since']) as unknown),
  };
  if (linked) {
    // If a target is left out on this product, its references are left out too.
    if (!typeNames.has(typeName)) return undefined;
    return { ...base, kind: 'linked', typeName, key: String(linked['key']), expandable: linked['expand'] !== false };
  }
  if (children) {
    if (!typeNames.has(typeName)) return undefined;
    return {
      ...base,
      kind: 'children',
      typeName,
      list,
      readOnly: children['readOnly'] === true,
      required: children['required'] === true,
      expandable: children['expand'] !== false,
    };
  }
  if (back) {
    const target = typeName.replace(/Connection$/, '');
    if (!typeNames.has(target)) return undefined;
    const path = text(back['path']);
    const key = /\{(\w+)\}/.exec(path ?? '')?.[1] ?? text(back['key']) ?? 'id';
    return { ...base, kind: 'list', typeName: target, by: text(back['by']), path, key };
  }
  if (isInput && inputNames.has(typeName))
    return { ...base, kind: 'children', typeName, list, readOnly: false, required: nonNull, expandable: false };
  if (name === 'id' && !isInput) return { ...base, kind: 'globalId' };
  if (typeNames.has(typeName))
    throw new Error(`The field ${name} needs @linked, @children or @list: it holds a ${typeName}.`);
  const updateOnly = given['updateOnly'] === true;
  const writeOnly = given['writeOnly'] === true || updateOnly;
  const filterOnly = given['filterOnly'] === true;
  const expand = text(given['expand']);
  return {
    ...base,
    kind: 'scalar',
    scalar: typeName,
    enumType: enums.get(typeName),
    list,
    nonNull,
    required: given['required'] === true,
    filled: nonNull || given['required'] === true || given['filled'] === true,
    readOnly: given['readOnly'] === true || name === 'sageId' || filterOnly,
    writeOnly,
    createOnly: given['createOnly'] === true,
    updateOnly,
    maxLength: number(given['maxLength']),
    range: numbers(given['range']),
    scale: number(given['scale']),
    lookup: text(given['lookup']),
    memberList: text(given['lookup']) ?? enumListOf(typeName, enums, lookups),
    expand,
    filterable: given['unfilterable'] !== true && !writeOnly && !list && expand === undefined,
    filterOnly,
    refersTo: text(given['refersTo']),
  };
}

/** `Sage200TimeUnitType` has its members in `time_unit_types`. */
function enumListOf(
  typeName: string,
  enums: ReadonlyMap<string, EnumType>,
  lookups: ReadonlySet<string>,
): string | undefined {
  const path = enums.has(typeName) ? `${toSnakeCase(singleFieldOf(typeName))}s` : '';
  return lookups.has(path) ? path : undefined;
}

export function isServed(directives: readonly ConstDirectiveNode[] | undefined, product: Product): boolean {
  if (product === 'professional') return true;
  return !(directives ?? []).some((directive) =>
    (directive.arguments ?? []).some(
      ({ name, value }) => name.value === 'professionalOnly' && value.kind === Kind.BOOLEAN && value.value,
    ),
  );
}

export function argumentsOf(
  directives: readonly ConstDirectiveNode[] | undefined,
  name: string,
): Record<string, unknown> | undefined {
  const directive = directives?.find((candidate) => candidate.name.value === name);
  if (!directive) return undefined;
  return Object.fromEntries(
    (directive.arguments ?? []).map((argument) => [argument.name.value, plain(argument.value)]),
  );
}

function plain(value: ConstValueNode): unknown {
  switch (value.kind) {
    case Kind.LIST:
      return value.values.map(plain);
    case Kind.INT:
    case Kind.FLOAT:
      return Number(value.value);
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.BOOLEAN:
      return value.value;
    default:
      return undefined;
  }
}

export function unwrap(type: TypeNode): { typeName: string; list: boolean; nonNull: boolean } {
  if (type.kind === Kind.NON_NULL_TYPE) return { ...unwrap(type.type), nonNull: true };
  if (type.kind === Kind.LIST_TYPE) return { ...unwrap(type.type), list: true, nonNull: false };
  return { typeName: type.name.value, list: false, nonNull: false };
}

export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numbers = (value: unknown): readonly number[] | undefined =>
  Array.isArray(value) ? value.map(Number) : undefined;
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
