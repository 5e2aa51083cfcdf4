// One thing, longer than most: every type that follows from the resources, from connections to mutation payloads.
import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from 'graphql';
import { lightDocument } from '../light-document.ts';
import { actionTypesText, spreadTypes, visibleActionType } from './derive-actions.ts';
import { filterableFields, isFilterable, listArguments, listArgumentsText, orderableFields } from './list-arguments.ts';
import {
  actionKey,
  bodyType,
  bulkFieldOf,
  type Field,
  parentArgument,
  type Resource,
  type RowType,
  type Sage200Model,
  type ScalarField,
} from './model.ts';
import { bareName, typeNameOf } from './names.ts';

/** The SDL callers see: the hand-written types without their directives, and everything derived from them. */
export function deriveSchema(document: DocumentNode, model: Sage200Model): DocumentNode {
  const spread = spreadTypes(model);
  return lightDocument(() => {
    const kept = document.definitions
      .filter((definition) => definition.kind !== Kind.DIRECTIVE_DEFINITION && !isInternal(definition))
      .flatMap((definition) => visible(definition, model, spread));
    return [...kept, ...parse(deriveText(model), { noLocation: true }).definitions];
  });
}

const isInternal = (definition: DefinitionNode) =>
  'name' in definition && INTERNAL_ENUMS.has(definition.name?.value ?? '');

/** What only directives speak of. */
const INTERNAL_ENUMS = new Set(['Sage200Operation', 'Sage200ActionMethod', 'Sage200ListParameter']);

/** A hand-written definition as callers see it: no directives of ours, no write-only fields, arguments on lists. */
function visible(definition: DefinitionNode, model: Sage200Model, spread: ReadonlySet<string>): DefinitionNode[] {
  if (definition.kind === Kind.ENUM_TYPE_DEFINITION) {
    return [{ ...definition, values: (definition.values ?? []).map((value) => ({ ...value, directives: [] })) }];
  }
  if (definition.kind === Kind.OBJECT_TYPE_EXTENSION) {
    return [
      {
        ...definition,
        fields: (definition.fields ?? []).flatMap((field) =>
          visibleRootField(field, model, definition.name.value === 'Sage200Mutation'),
        ),
      },
    ];
  }
  if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
    const type = model.inputTypes.get(definition.name.value);
    const fields = (definition.fields ?? []).filter(({ name }) => type?.fields.has(name.value));
    return [{ ...definition, fields: fields.map((field) => ({ ...field, directives: [] })) }];
  }
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [definition];
  const type = model.rowTypes.get(definition.name.value);
  if (!type) return isRootType(definition) ? [definition] : [];
  if (spread.has(type.name)) return [];
  const fields = (definition.fields ?? []).flatMap((field) =>
    visibleField(field, type.fields.get(field.name.value), model),
  );
  return [{ ...definition, directives: [], fields }];
}

const isRootType = ({ name }: ObjectTypeDefinitionNode) => name.value === 'Sage200' || name.value === 'Sage200Mutation';

/** A lookup, or an action that this product has. */
function visibleRootField(node: FieldDefinitionNode, model: Sage200Model, writes: boolean): FieldDefinitionNode[] {
  const bare = { ...node, directives: deprecations(node) };
  const action = model.actions.get(actionKey({ name: node.name.value, writes }));
  if (!action) return (node.directives ?? []).some(({ name }) => name.value === 'action') ? [] : [bare];
  const given = (node.arguments ?? []).map((argument) => ({ ...argument, directives: [] }));
  const all = action.writes ? [...given, idempotencyArgument()] : given;
  return [{ ...bare, arguments: all, type: visibleActionType(node, action) }];
}

function visibleField(node: FieldDefinitionNode, field: Field | undefined, model: Sage200Model): FieldDefinitionNode[] {
  if (!field || (field.kind === 'scalar' && (field.writeOnly || field.filterOnly))) return [];
  const bare = { ...node, directives: deprecations(node) };
  if (field.kind !== 'list') return [bare];
  const target = model.rowTypes.get(field.typeName);
  if (!target) return [];
  return [{ ...bare, arguments: listArguments(target) }];
}

const deprecations = (node: FieldDefinitionNode) =>
  (node.directives ?? []).filter(({ name }) => name.value === 'deprecated');

function deriveText(model: Sage200Model): string {
  const types = [...model.rowTypes.values()];
  const lists = types.filter((type) => type.resource?.operations.has('LIST') || isListedSomewhere(model, type));
  const enums = [...model.enums.keys()].filter((name) =>
    types.some((type) => [...type.fields.values()].some((field) => field.kind === 'scalar' && field.scalar === name)),
  );
  return [
    SHARED,
    ...enums.map(enumFilterText),
    ...lists.map(listTypesText),
    rootFieldsText(types),
    mutationText(model, types),
    actionTypesText(model),
  ].join('\n');
}

/** Resources without a list of their own are still lists under a parent. */
function isListedSomewhere(model: Sage200Model, type: RowType): boolean {
  for (const other of model.rowTypes.values()) {
    for (const field of other.fields.values()) if (field.kind === 'list' && field.typeName === type.name) return true;
  }
  return false;
}

const SHARED = `
"Which way a list is ordered."
enum Sage200OrderDirection { "Smallest, earliest or first letter first." ASC "Largest, latest or last letter first." DESC }

"Where a page stands in its list."
type Sage200PageInfo {
  "True when rows follow this page."
  hasNextPage: Boolean!
  "Always false: lists are read forwards."
  hasPreviousPage: Boolean!
  startCursor: String
  "Pass it as \`after\` for the next page."
  endCursor: String
}

"Something Sage 200 refused, in its own words."
type Sage200UserError {
  "The code of this refusal, as in the errors of an answer."
  code: String!
  message: String!
  "Where in the arguments the fault is, when that is known."
  path: [String!]
  """
  Of an order that Sage saved only in part: the places in \`input.lines\`, from 0, of the lines that are saved. Null where
  nobody can tell, or the refusal is not about lines.
  """
  savedLines: [Int!]
}

"Conditions on text. All that are given must hold."
input Sage200StringFilter { eq: String ne: String gt: String gte: String lt: String lte: String in: [String!] contains: String startsWith: String endsWith: String }
"Conditions on a text that is one of an enum list's values."
input Sage200LookupFilter { eq: String ne: String in: [String!] }
"Conditions on an id, global or Sage's own."
input Sage200IdFilter { eq: ID ne: ID gt: ID gte: ID lt: ID lte: ID in: [ID!] }
"Conditions on a whole number."
input Sage200IntFilter { eq: Int ne: Int gt: Int gte: Int lt: Int lte: Int in: [Int!] }
"Conditions on an exact number."
input Sage200DecimalFilter { eq: Sage200Decimal ne: Sage200Decimal gt: Sage200Decimal gte: Sage200Decimal lt: Sage200Decimal lte: Sage200Decimal in: [Sage200Decimal!] }
"Conditions on a calendar day."
input Sage200DateFilter { eq: Sage200Date ne: Sage200Date gt: Sage200Date gte: Sage200Date lt: Sage200Date lte: Sage200Date in: [Sage200Date!] }
"Conditions on an instant."
input Sage200DateTimeFilter { eq: Sage200DateTime ne: Sage200DateTime gt: Sage200DateTime gte: Sage200DateTime lt: Sage200DateTime lte: Sage200DateTime in: [Sage200DateTime!] }
"Conditions on yes or no."
input Sage200BooleanFilter { eq: Boolean ne: Boolean }
`;

const enumFilterText = (name: string) =>
  `"Conditions on a ${name}." input ${name}Filter { eq: ${name} ne: ${name} in: [${name}!] }`;

const FILTERS: Readonly<Record<string, string>> = {
  ID: 'Sage200IdFilter',
  Int: 'Sage200IntFilter',
  Boolean: 'Sage200BooleanFilter',
  Sage200Decimal: 'Sage200DecimalFilter',
  Sage200Date: 'Sage200DateFilter',
  Sage200DateTime: 'Sage200DateTimeFilter',
};

function filterTypeOf(field: ScalarField): string {
  if (field.enumType) return `${field.enumType.name}Filter`;
  if (field.lookup) return 'Sage200LookupFilter';
  return FILTERS[field.scalar] ?? 'Sage200StringFilter';
}

function listTypesText(type: RowType): string {
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

/** Conditions that Sage takes on a read by id: arguments that are met exactly. */
const conditionArgumentsText = (type: RowType): string =>
  type.resource?.operations.has('LIST')
    ? ''
    : filterableFields(type)
        .filter(({ filterOnly }) => filterOnly)
        .map(({ name, scalar, description }) => `, ${description ? `${quoted(description)} ` : ''}${name}: ${scalar}`)
        .join('');

function rootFieldsText(types: readonly RowType[]): string {
  const fields: string[] = [];
  for (const type of types) {
    const { resource } = type;
    if (!resource) continue;
    if (resource.operations.has('LIST'))
      fields.push(
        `${quoted(type.description)} ${resource.listField}${listArgumentsText(type)}: ${type.name}Connection`,
      );
    if (resource.operations.has('GET'))
      fields.push(
        `${quoted(type.description)} ${resource.singleField}("A global id or a sageId." id: ID!${conditionArgumentsText(type)}): ${type.name}`,
      );
    if (resource.operations.has('SINGLE'))
      fields.push(`${quoted(type.description)} ${resource.singleField}: ${type.name}`);
  }
  return fields.length > 0 ? `extend type Sage200 { ${fields.join('\n')} }` : '';
}

function mutationText(model: Sage200Model, types: readonly RowType[]): string {
  const inputs = new Map<string, string>();
  const fields: string[] = [];
  const payloads: string[] = [];
  for (const type of types) {
    const operations = type.resource?.operations;
    if (!type.resource || !operations) continue;
    const bare = bareName(type.name);
    const row = `"The row as it is now." ${type.resource.singleField}: ${type.name}`;
    if (operations.has('CREATE')) {
      inputs.set(
        `Sage200Create${bare}Input`,
        inputText(`Sage200Create${bare}Input`, `What a new ${type.name} is made of.`, model, type, 'create'),
      );
      fields.push(
        `"Creates a ${type.name}." create${bare}(${parentText(type.resource)}input: Sage200Create${bare}Input!, ${KEY_ARGUMENT}): Sage200Create${bare}Payload`,
      );
      payloads.push(payloadText('Create', bare, row));
    }
    if (operations.has('UPDATE')) {
      inputs.set(
        `Sage200Update${bare}Input`,
        inputText(
          `Sage200Update${bare}Input`,
          `What is to change of a ${type.name}; what is left out stays.`,
          model,
          type,
          'update',
        ),
      );
      fields.push(
        `${quoted(updateDescription(type))} update${bare}("A global id or a sageId." id: ID!, input: Sage200Update${bare}Input!, ${KEY_ARGUMENT}): Sage200Update${bare}Payload`,
      );
      payloads.push(payloadText('Update', bare, row));
    }
    if (operations.has('DELETE')) {
      fields.push(
        `"Deletes a ${type.name}. Sage refuses it for a row that is in use." delete${bare}("A global id or a sageId." id: ID!, ${KEY_ARGUMENT}): Sage200Delete${bare}Payload`,
      );
      payloads.push(payloadText('Delete', bare, '"The global id of the row that is gone." deletedId: ID'));
    }
    if (operations.has('BULK_UPDATE')) {
      const name = childInputName(type.name);
      inputs.set(
        name,
        inputText(
          name,
          `A ${type.name} in a list. Give its sageId to change it, leave it out to add it.`,
          model,
          type,
          'child',
        ),
      );
      const field = bulkFieldOf(type.resource);
      fields.push(
        `"Adds, changes and removes many ${type.name} rows by one request." ${field}(input: [${name}!]!, ${KEY_ARGUMENT}): ${typeNameOf(field)}Payload`,
      );
      const rows = `"The rows as they are now." ${type.resource.listField}: [${type.name}!]`;
      payloads.push(payloadText('Update', typeNameOf(type.resource.listField).slice('Sage200'.length), rows));
    }
    if (operations.has('CREATE') || operations.has('UPDATE')) collectChildInputs(model, type, inputs);
  }
  if (fields.length === 0) return '';
  return [`extend type Sage200Mutation { ${fields.join('\n')} }`, ...payloads, ...inputs.values()].join('\n');
}

/** What happens behind one update of a document that others may be editing. */
function updateDescription({ name, resource, fields }: RowType): string {
  if (!resource?.isLocked) return `Changes a ${name}.`;
  const lines = fields.has('lines')
    ? ' Lines are saved one by one: when one is refused, `userErrors` tells which, and those before it are saved.'
    : '';
  return `Changes a ${name}. The gateway locks it, changes it and unlocks it again, also after a failure; a draft stays one unless \`isEditing: false\` makes it live.${lines}`;
}

/** Every mutation field takes it. */
const KEY_ARGUMENT = `"A text of your own for this one write, such as a UUID: a repeat with the same key and values within 7 days gets the first outcome, and nothing is written twice." idempotencyKey: String`;

function idempotencyArgument(): InputValueDefinitionNode {
  const [definition] = parse(`type T { f(${KEY_ARGUMENT}): ID }`, { noLocation: true }).definitions;
  const field = definition?.kind === Kind.OBJECT_TYPE_DEFINITION ? definition.fields?.[0] : undefined;
  const argument = field?.arguments?.[0];
  if (!argument) throw new Error('The argument idempotencyKey is not SDL.');
  return argument;
}

function parentText(resource: Resource): string {
  const parent = parentArgument(resource);
  return parent === undefined ? '' : `"The row it is created below: a global id or a sageId." ${parent}: ID!, `;
}

function payloadText(verb: string, bare: string, members: string): string {
  return `"What came of ${verb.toLowerCase()}${bare}." type Sage200${verb}${bare}Payload { ${members} "What Sage refused; empty when all went well." userErrors: [Sage200UserError!]! }`;
}

export const childInputName = (typeName: string) => `${typeName}Input`;

function collectChildInputs(model: Sage200Model, type: RowType, inputs: Map<string, string>): void {
  for (const field of type.fields.values()) {
    if (field.kind !== 'children' || field.readOnly) continue;
    const child = model.rowTypes.get(field.typeName);
    const name = childInputName(field.typeName);
    if (!child || inputs.has(name) || !hasWritableFields(model, child.name, new Set([type.name]))) continue;
    inputs.set(name, ''); // taken before going deeper: types may hold each other
    inputs.set(
      name,
      inputText(
        name,
        `A ${child.name} inside another row. Give its sageId to change it, leave it out to add it.`,
        model,
        child,
        'child',
      ),
    );
    collectChildInputs(model, child, inputs);
  }
}

function inputText(
  name: string,
  description: string,
  model: Sage200Model,
  type: RowType,
  use: 'create' | 'update' | 'child',
): string {
  const members = writableFields(model, type, use).map((field) => {
    const described = field.description ? `${quoted(field.description)} ` : '';
    if (field.kind === 'children')
      return `${described}${field.name}: ${field.list ? `[${childInputName(field.typeName)}!]` : childInputName(field.typeName)}${use === 'create' && field.required ? '!' : ''}`;
    const bang = use === 'create' && field.required ? '!' : '';
    return `${described}${field.name}: ${field.list ? `[${field.scalar}!]` : field.scalar}${bang}`;
  });
  return `${quoted(description)} input ${name} { ${members.join('\n')} }`;
}

/** What a caller may write of a row, in the order of the SDL. Children carry the id of the row they change. */
export function writableFields(model: Sage200Model, type: RowType, use: 'create' | 'update' | 'child') {
  return [...type.fields.values()].filter((field) => {
    if (field.kind === 'children')
      return !field.readOnly && hasWritableFields(model, field.typeName, new Set([type.name]));
    if (field.kind !== 'scalar') return false;
    if (field.name === 'sageId') return use === 'child';
    if (use === 'update' && field.createOnly) return false;
    return !field.readOnly && !(use === 'create' && field.updateOnly);
  }) as (ScalarField | Extract<Field, { kind: 'children' }>)[];
}

function hasWritableFields(model: Sage200Model, typeName: string, seen: Set<string>): boolean {
  const type = bodyType(model, typeName);
  return (
    type !== undefined &&
    !seen.has(typeName) &&
    [...type.fields.values()].some((field) => field.kind === 'scalar' && !field.readOnly)
  );
}

const quoted = (description: string) => JSON.stringify(description);
