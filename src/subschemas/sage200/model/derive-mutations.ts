import { type InputValueDefinitionNode, Kind, parse } from 'graphql';
import {
  bodyType,
  bulkFieldOf,
  type Field,
  parentArgument,
  type Resource,
  type RowType,
  type Sage200Model,
  type ScalarField,
} from './model.ts';
import { bareName, quoted, typeNameOf } from './names.ts';

/** The mutations that change rows, with their inputs and payloads. */
export function mutationText(model: Sage200Model, types: readonly RowType[]): string {
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
        `"Deletes a ${type.name}. Sage refuses to delete a row that is in use." delete${bare}("A global id or a sageId." id: ID!, ${KEY_ARGUMENT}): Sage200Delete${bare}Payload`,
      );
      payloads.push(payloadText('Delete', bare, '"The global id of the deleted row." deletedId: ID'));
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
      const rows = `"The rows as they are now." ${type.resource.listField}: [${type.name}]`;
      payloads.push(payloadText('Update', typeNameOf(type.resource.listField).slice('Sage200'.length), rows));
    }
    if (operations.has('CREATE') || operations.has('UPDATE')) collectChildInputs(model, type, inputs);
  }
  if (fields.length === 0) return '';
  return [`extend type Sage200Mutation { ${fields.join('\n')} }`, ...payloads, ...inputs.values()].join('\n');
}

/** What an update does to a document that others may be editing. */
function updateDescription({ name, resource, fields }: RowType): string {
  if (!resource?.isLocked) return `Changes a ${name}.`;
  const lines = fields.has('lines')
    ? ' Lines are saved one by one: when one is refused, `userErrors` tells which, and those before it are saved.'
    : '';
  return `Changes a ${name}. The gateway locks it, changes it and unlocks it again, even after a failure; a draft stays a draft unless \`isEditing: false\` makes it live.${lines}`;
}

/** Every mutation field takes it. */
const KEY_ARGUMENT = `"A text of your own for this one write, such as a UUID: a repeat with the same key and values within 7 days gets the first outcome, and nothing is written twice." idempotencyKey: String`;

export function idempotencyArgument(): InputValueDefinitionNode {
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
  return `"The result of \`${verb.toLowerCase()}${bare}\`." type Sage200${verb}${bare}Payload { ${members} "What Sage refused; empty if it succeeded." userErrors: [Sage200UserError!]! }`;
}

const childInputName = (typeName: string) => `${typeName}Input`;

function collectChildInputs(model: Sage200Model, type: RowType, inputs: Map<string, string>): void {
  for (const field of type.fields.values()) {
    if (field.kind !== 'children' || field.readOnly) continue;
    const child = model.rowTypes.get(field.typeName);
    const name = childInputName(field.typeName);
    if (!child || inputs.has(name) || !hasWritableFields(model, child.name, new Set([type.name]))) continue;
    inputs.set(name, ''); // added before its fields: types may contain each other
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

/** The fields of a row that a caller may write, in SDL order. Children have the id of the row that they change. */
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
