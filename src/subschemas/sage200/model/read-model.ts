import {
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  type InputObjectTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
} from 'graphql';
import { enumCodec, type OnUnknownMember } from '../values/members.ts';
import type {
  Action,
  EnumType,
  Field,
  LookupField,
  OrderKey,
  Resource,
  ResourceOperation,
  ResourceParameter,
  RowType,
  Sage200Model,
} from './model.ts';
import { actionKey } from './model.ts';
import { singleFieldOf, toCamelCase } from './names.ts';
import { readAction } from './read-action.ts';
import { argumentsOf, isServed, type Product, type Reading, readField, text } from './read-field.ts';

/** Types that the gateway resolves itself; they are not rows. */
const ROOT_TYPES = new Set(['Sage200', 'Sage200Mutation']);

/**
 * Reads the SDL with its directives. On Standard, types and fields of Professional alone are left out.
 * @param onUnknownMember called for each of Sage's members that is not in the SDL
 * @throws Error with the type and field if the SDL contradicts itself: a bug in the gateway, found at start.
 */
export function readModel(document: DocumentNode, product: Product, onUnknownMember?: OnUnknownMember): Sage200Model {
  const enums = new Map<string, EnumType>();
  const objects: ObjectTypeDefinitionNode[] = [];
  const lookups: LookupField[] = [];
  const inputs: InputObjectTypeDefinitionNode[] = [];
  const actionFields: ActionField[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION)
      enums.set(definition.name.value, readEnum(definition, onUnknownMember));
    else if (definition.kind === Kind.OBJECT_TYPE_DEFINITION && !ROOT_TYPES.has(definition.name.value)) {
      if (isServed(definition.directives, product)) objects.push(definition);
    } else if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) inputs.push(definition);
    else if (definition.kind === Kind.OBJECT_TYPE_EXTENSION) {
      const writes = definition.name.value === 'Sage200Mutation';
      for (const node of definition.fields ?? []) {
        lookups.push(...readLookup(node));
        if (isServed(node.directives, product)) actionFields.push({ node, writes });
      }
    }
  }
  const typeNames = new Set(objects.map(({ name }) => name.value));
  const inputNames = new Set(inputs.map(({ name }) => name.value));
  const lookupPaths = new Set(lookups.map(({ path }) => path));
  const reading: Reading = { enums, lookups: lookupPaths, typeNames, inputNames, product };
  const rowTypes = new Map<string, RowType>();
  for (const node of objects) rowTypes.set(node.name.value, readRowType(node, reading));
  const inputTypes = new Map<string, RowType>();
  for (const node of inputs) inputTypes.set(node.name.value, readRowType(node, { ...reading, isInput: true }));
  const actions = new Map<string, Action>();
  for (const { node, writes } of actionFields) {
    const action = readAction(node, writes, { rowTypes, inputTypes }, { ...reading, isInput: true });
    if (action) actions.set(actionKey(action), action);
  }
  return { rowTypes, enums, lookups, inputTypes, actions, releases: readReleases(rowTypes, lookups, actions) };
}

interface ActionField {
  readonly node: FieldDefinitionNode;
  readonly writes: boolean;
}

/** First releases of paths, to explain a 404. */
function readReleases(
  rowTypes: ReadonlyMap<string, RowType>,
  lookups: readonly LookupField[],
  actions: ReadonlyMap<string, Action>,
): Map<string, string> {
  const resources = [...rowTypes.values()].flatMap(({ resource }) => (resource ? [resource] : []));
  const dated = [...resources, ...lookups, ...actions.values()];
  return new Map(dated.flatMap(({ path, since }) => (since === undefined ? [] : [[path, since] as const])));
}

function readRowType(node: ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode, reading: Reading): RowType {
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
    isNode: 'interfaces' in node && (node.interfaces ?? []).some(({ name }) => name.value === 'Node'),
    unsavedOf: undefined,
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
    createPath: text(given['createPath']),
    defaultOrder: readOrder(given['sort'], fields),
    listField: plural === single ? `${plural}List` : plural,
    singleField: single,
    perCompany: given['perCompany'] !== false,
    naturalKey: (given['naturalKey'] as string[] | undefined) ?? [],
    isLocked: given['locked'] === true,
    parameters: (given['parameters'] as ResourceParameter[] | undefined) ?? [],
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
  const scalars = [...fields.values()].filter(
    (field) => field.kind === 'scalar' && field.filterable && !field.filterOnly,
  );
  const key =
    scalars.find(({ restName }) => restName === 'id') ??
    scalars.find(({ restName }) => /_id$/.test(restName)) ??
    scalars[0];
  return key ? [{ field: key.restName, descending: false }] : [];
}

function readEnum(node: EnumTypeDefinitionNode, onUnknown: OnUnknownMember = () => {}): EnumType {
  const byNumber = new Map<string, string>();
  for (const value of node.values ?? []) {
    const given = argumentsOf(value.directives, 'number');
    if (given) byNumber.set(String(given['is']), value.name.value);
  }
  const name = node.name.value;
  const members = (node.values ?? []).map((value) => value.name.value);
  return { name, members, codec: enumCodec({ name, members, byNumber, onUnknown }) };
}

function readLookup(node: FieldDefinitionNode): LookupField[] {
  const given = argumentsOf(node.directives, 'lookup');
  return given ? [{ name: node.name.value, path: String(given['path']), since: text(given['since']) }] : [];
}
