import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Computed, Default, Model, NodeModel, Operation, PropertyKind, PropertyModel, Rule } from './model.ts';
import { serviceProperties } from './service-properties.ts';

/** Reads a schema written with the directives of `schema.graphql`: nodes, properties and how each is kept, from types and directives. */
export function readModel(text: string): Model {
  const definitions = parse(text, { noLocation: true }).definitions;
  const enums = new Map<string, readonly string[]>();
  const types = new Map<string, ObjectTypeDefinitionNode>();
  const extensions = new Map<string, readonly FieldDefinitionNode[]>();
  const others: DefinitionNode[] = [];
  for (const definition of definitions) {
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION) {
      enums.set(
        definition.name.value,
        (definition.values ?? []).map((value) => value.name.value),
      );
    } else if (definition.kind === Kind.OBJECT_TYPE_DEFINITION && find(definition.directives, 'node')) {
      types.set(definition.name.value, definition);
    } else if (definition.kind === Kind.OBJECT_TYPE_EXTENSION) {
      extensions.set(definition.name.value, definition.fields ?? []);
    } else if (definition.kind !== Kind.DIRECTIVE_DEFINITION) {
      others.push(definition);
    }
  }
  const nodes = new Map<string, NodeModel>();
  for (const [name, type] of types) {
    nodes.set(name, {
      ...toNode(type, types, enums),
      queries: extensions.get(`${name}_Connection`) ?? [],
      mutations: extensions.get(`${name}_Mutations`) ?? [],
    });
  }
  return { nodes, enums, definitions: others };
}

export const AGGREGATES: readonly Operation[] = ['readAggregate', 'queryAggregate', 'asyncExport'];
const OWNED: readonly Operation[] = [...AGGREGATES, 'getDefaults'];
export const ALL_USUAL: readonly Operation[] = [...OWNED, 'getDuplicate', 'create', 'update', 'delete', 'bulkUpdate'];

function toNode(
  type: ObjectTypeDefinitionNode,
  types: ReadonlyMap<string, unknown>,
  enums: ReadonlyMap<string, unknown>,
): Omit<NodeModel, 'queries' | 'mutations'> {
  const name = type.name.value;
  const node = find(type.directives, 'node') ?? {};
  const readOnly = node['kind'] === 'READ_ONLY';
  const usual = readOnly ? AGGREGATES : node['kind'] === 'OWNED' ? OWNED : ALL_USUAL;
  const own = (type.fields ?? []).map((field) => toProperty(field, readOnly, types, enums));
  return {
    name,
    field: lowerFirst(name),
    package: String(node['package']),
    key: texts(node['key']),
    operations: new Set([...usual, ...(texts(node['more']) as Operation[])]),
    ...index([...serviceProperties(readOnly), ...own]),
    frozen: toRule(find(type.directives, 'frozen')),
    warnings: all(type.directives, 'warning').flatMap((rule) => toRule(rule) ?? []),
  };
}

/** The two maps of a node's properties. */
export function index(properties: readonly PropertyModel[]): Pick<NodeModel, 'properties' | 'columns'> {
  return {
    properties: new Map(properties.map((property) => [property.name, property])),
    columns: new Map(properties.map((property) => [property.column, property])),
  };
}

function toProperty(
  field: FieldDefinitionNode,
  nodeIsReadOnly: boolean,
  types: ReadonlyMap<string, unknown>,
  enums: ReadonlyMap<string, unknown>,
): PropertyModel {
  const name = field.name.value;
  const typeName = bareName(field.type);
  const collection = typeName.endsWith('_Collection');
  const target = collection ? typeName.replace(/_Collection$/, '') : types.has(typeName) ? typeName : undefined;
  const children = find(field.directives, 'children');
  const computed = toComputed(field.directives);
  const has = (directive: string) => find(field.directives, directive) !== undefined;
  const vital = has('vital');
  return {
    name,
    column: name,
    kind: collection ? 'collection' : target ? 'reference' : enums.has(typeName) ? 'enum' : scalarKind(typeName),
    typeName,
    target,
    children: children && { by: String(children['by']), of: optionalText(children['of']) },
    computed,
    writable: !nodeIsReadOnly && !has('readOnly') && (collection ? vital : computed === undefined || has('writable')),
    required: has('required'),
    vital,
    default: find(field.directives, 'default') as Default | undefined,
  };
}

const SCALARS: Readonly<Record<string, PropertyKind>> = {
  String: 'string',
  Boolean: 'boolean',
  Int: 'int',
  Decimal: 'decimal',
  Date: 'date',
  Datetime: 'datetime',
  Json: 'json',
  Id: 'id',
  _OutputTextStream: 'stream',
  _OutputBinaryStream: 'stream',
};

function scalarKind(typeName: string): PropertyKind {
  const kind = SCALARS[typeName];
  if (!kind) throw new Error(`schema.graphql uses the unknown type ${typeName}`);
  return kind;
}

function toComputed(directives: Directives): Computed | undefined {
  const via = find(directives, 'via');
  if (via) return { how: 'via', path: String(via['path']).split('.') };
  const back = find(directives, 'back');
  if (back) return { how: 'back', by: String(back['by']), where: optionalText(back['where']) };
  const exists = find(directives, 'exists');
  if (exists) return { how: 'exists', of: String(exists['of']) };
  const found = find(directives, 'find');
  if (found) return { how: 'find', by: texts(found['by']) };
  const sum = find(directives, 'sum');
  if (sum) return { how: 'sum', over: String(sum['over']), of: texts(sum['of']) };
  const product = find(directives, 'product');
  if (product) return { how: 'product', of: texts(product['of']), times: optionalText(product['times']) ?? '1' };
  const join = find(directives, 'join');
  return join && { how: 'join', of: texts(join['of']), separator: optionalText(join['with']) ?? '\n' };
}

const toRule = (values: Values | undefined): Rule | undefined =>
  values && { when: String(values['when']), message: String(values['message']) };

type Directives = readonly ConstDirectiveNode[] | undefined;
type Values = Readonly<Record<string, unknown>>;

function all(directives: Directives, name: string): Values[] {
  return (directives ?? [])
    .filter((directive) => directive.name.value === name)
    .map((directive) =>
      Object.fromEntries(
        (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
      ),
    );
}

const find = (directives: Directives, name: string): Values | undefined => all(directives, name)[0];
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const optionalText = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

function bareName(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : bareName(type.type);
}
