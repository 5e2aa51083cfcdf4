import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import type {
  EnumType,
  Field,
  LookupField,
  OrderKey,
  Resource,
  ResourceOperation,
  RowType,
  Sage200Model,
} from './model.ts';
import { singleFieldOf, toCamelCase, toSnakeCase } from './names.ts';

export type Product = 'professional' | 'standard';

/** Types that the gateway resolves itself; they hold no row. */
const ROOT_TYPES = new Set(['Sage200', 'Sage200Mutation']);

/**
 * Reads the SDL with its directives. On Standard, what only Professional has is left out.
 * @throws Error naming the type and field when the SDL contradicts itself: a mistake of ours, found at start.
 */
export function readModel(document: DocumentNode, product: Product): Sage200Model {
  const enums = new Map<string, EnumType>();
  const objects: ObjectTypeDefinitionNode[] = [];
  const lookups: LookupField[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION) enums.set(definition.name.value, readEnum(definition));
    else if (definition.kind === Kind.OBJECT_TYPE_DEFINITION && !ROOT_TYPES.has(definition.name.value)) {
      if (isServed(definition.directives, product)) objects.push(definition);
    } else if (definition.kind === Kind.OBJECT_TYPE_EXTENSION)
      lookups.push(...(definition.fields ?? []).flatMap(readLookup));
  }
  const typeNames = new Set(objects.map(({ name }) => name.value));
  const rowTypes = new Map<string, RowType>();
  for (const node of objects) rowTypes.set(node.name.value, readRowType(node, { enums, typeNames, product }));
  return { rowTypes, enums, lookups };
}

interface Reading {
  readonly enums: ReadonlyMap<string, EnumType>;
  readonly typeNames: ReadonlySet<string>;
  readonly product: Product;
}

function readRowType(node: ObjectTypeDefinitionNode, reading: Reading): RowType {
  const fields = new Map<string, Field>();
  for (const fieldNode of node.fields ?? []) {
    if (!isServed(fieldNode.directives, reading.product)) continue;
    const field = readField(fieldNode, reading);
    if (field) fields.set(field.name, field);
  }
  const resourceArguments = argumentsOf(node.directives, 'resource');
  return {
    name: node.name.value,
    description: node.description?.value ?? '',
    resource: resourceArguments && readResource(node.name.value, resourceArguments, fields),
    fields,
    isNode: (node.interfaces ?? []).some(({ name }) => name.value === 'Node'),
  };
}

function readResource(typeName: string, given: Record<string, unknown>, fields: ReadonlyMap<string, Field>): Resource {
  const path = String(given['path']);
  const single = singleFieldOf(typeName);
  const plural = toCamelCase(path);
  const operations = new Set(given['operations'] as ResourceOperation[]);
  return {
    path,
    operations,
    defaultOrder: readOrder(given['sort'], fields),
    listField: plural === single ? `${plural}List` : plural,
    singleField: single,
    perCompany: given['perCompany'] !== false,
    since: text(given['since']),
  };
}

function readOrder(sort: unknown, fields: ReadonlyMap<string, Field>): OrderKey[] {
  if (typeof sort === 'string' && sort !== 'none') {
    return sort.split(',').map((part) => {
      const [field = '', direction] = part.trim().split(/\s+/);
      return { field, descending: direction === 'desc' };
    });
  }
  const scalars = [...fields.values()].filter((field) => field.kind === 'scalar' && field.filterable);
  const key =
    scalars.find(({ restName }) => restName === 'id') ??
    scalars.find(({ restName }) => /_id$/.test(restName)) ??
    scalars[0];
  return key ? [{ field: key.restName, descending: false }] : [];
}

function readField(node: FieldDefinitionNode, { enums, typeNames }: Reading): Field | undefined {
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
    // A target left out on this product takes its references with it.
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
      expandable: children['expand'] !== false,
    };
  }
  if (back) {
    const target = typeName.replace(/Connection$/, '');
    if (!typeNames.has(target)) return undefined;
    const path = text(back['path']);
    const key = /\{(\w+)\}/.exec(path ?? '')?.[1] ?? 'id';
    return { ...base, kind: 'list', typeName: target, by: text(back['by']), path, key };
  }
  if (name === 'id') return { ...base, kind: 'globalId' };
  if (typeNames.has(typeName))
    throw new Error(`The field ${name} needs @linked, @children or @list: it holds a ${typeName}.`);
  const updateOnly = given['updateOnly'] === true;
  const writeOnly = given['writeOnly'] === true || updateOnly;
  const expand = text(given['expand']);
  return {
    ...base,
    kind: 'scalar',
    scalar: typeName,
    enumType: enums.get(typeName),
    list,
    nonNull,
    required: given['required'] === true,
    readOnly: given['readOnly'] === true || name === 'sageId',
    writeOnly,
    updateOnly,
    maxLength: number(given['maxLength']),
    scale: number(given['scale']),
    lookup: text(given['lookup']),
    expand,
    filterable: given['unfilterable'] !== true && !writeOnly && !list && expand === undefined,
  };
}

function readEnum(node: EnumTypeDefinitionNode): EnumType {
  const byNumber = new Map<string, string>();
  for (const value of node.values ?? []) {
    const given = argumentsOf(value.directives, 'number');
    if (given) byNumber.set(String(given['is']), value.name.value);
  }
  return { name: node.name.value, members: (node.values ?? []).map(({ name }) => name.value), byNumber };
}

function readLookup(node: FieldDefinitionNode): LookupField[] {
  const given = argumentsOf(node.directives, 'lookup');
  return given ? [{ name: node.name.value, path: String(given['path']) }] : [];
}

export function isServed(directives: readonly ConstDirectiveNode[] | undefined, product: Product): boolean {
  if (product === 'professional') return true;
  return !(directives ?? []).some((directive) =>
    (directive.arguments ?? []).some(
      ({ name, value }) => name.value === 'professionalOnly' && value.kind === Kind.BOOLEAN && value.value,
    ),
  );
}

function argumentsOf(
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
      return Number(value.value);
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.BOOLEAN:
      return value.value;
    default:
      return undefined;
  }
}

function unwrap(type: TypeNode): { typeName: string; list: boolean; nonNull: boolean } {
  if (type.kind === Kind.NON_NULL_TYPE) return { ...unwrap(type.type), nonNull: true };
  if (type.kind === Kind.LIST_TYPE) return { ...unwrap(type.type), list: true, nonNull: false };
  return { typeName: type.name.value, list: false, nonNull: false };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
