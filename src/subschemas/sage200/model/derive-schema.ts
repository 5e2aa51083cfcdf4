import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type StringValueNode,
  type TypeNode,
} from 'graphql';
import { lightDocument } from '../../../kit/light-document.ts';
import { actionTypesText, spreadTypes, visibleActionType } from './derive-actions.ts';
import { filterInputsText, listTypesText } from './derive-lists.ts';
import { idempotencyArgument, mutationText } from './derive-mutations.ts';
import { filterableFields, listArguments, listArgumentsText } from './list-arguments.ts';
import { actionKey, type Field, type RowType, type Sage200Model, type ScalarField } from './model.ts';
import { quoted } from './names.ts';
import { outputDescription, outputScalar } from './output-field.ts';

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

/** Used only by directives. */
const INTERNAL_ENUMS = new Set(['Sage200Operation', 'Sage200ActionMethod', 'Sage200ListParameter']);

/** A hand-written definition as callers see it: no gateway directives, no write-only fields, arguments on lists. */
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
  if (field.kind === 'scalar' && field.enumType) return [asText(bare, field)];
  if (field.kind !== 'list') return [bare];
  const target = model.rowTypes.get(field.typeName);
  if (!target) return [];
  return [{ ...bare, arguments: listArguments(target) }];
}

function asText(node: FieldDefinitionNode, field: ScalarField): FieldDefinitionNode {
  const description: StringValueNode = { kind: Kind.STRING, value: outputDescription(field) ?? '' };
  const type: TypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: outputScalar(field) } };
  return { ...node, description, type };
}

const deprecations = (node: FieldDefinitionNode) =>
  (node.directives ?? []).filter(({ name }) => name.value === 'deprecated');

function deriveText(model: Sage200Model): string {
  const types = [...model.rowTypes.values()];
  const fields = types.flatMap((type) => [...type.fields.values()]);
  // Resources without their own list are still lists under a parent.
  const listed = new Set(fields.flatMap((field) => (field.kind === 'list' ? field.typeName : [])));
  const lists = types.filter(({ name, resource }) => resource?.operations.has('LIST') || listed.has(name));
  const scalars = new Set(fields.flatMap((field) => (field.kind === 'scalar' ? field.scalar : [])));
  const enums = [...model.enums.values()].filter(({ name }) => scalars.has(name));
  return [
    SHARED,
    filterInputsText(enums),
    ...lists.map(listTypesText),
    rootFieldsText(types),
    mutationText(model, types),
    actionTypesText(model),
  ].join('\n');
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

"Something that Sage 200 refused, with Sage's message."
type Sage200UserError {
  "The code of this refusal, as in errors of an answer."
  code: String!
  message: String!
  "Where the mistake is in the arguments, if known."
  path: [String!]
  """
  Of an order that Sage saved only in part: the places in \`input.lines\`, from 0, of the lines that are saved. Null where
  nobody can tell, or the refusal is not about lines.
  """
  savedLines: [Int!]
}

`;

/** Conditions that Sage accepts on a read by id: arguments that must match exactly. */
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
