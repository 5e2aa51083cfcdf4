import { type FieldDefinitionNode, Kind, type TypeNode } from 'graphql';
import { listArgumentsText } from './list-arguments.ts';
import type { Action, Field, RowType, Sage200Model } from './model.ts';
import { quoted, typeNameOf } from './names.ts';
import { outputDescription, outputScalar } from './output-field.ts';

export const payloadNameOf = (action: Action): string => `${typeNameOf(action.name)}Payload`;

/** The type that callers see instead of the one in the SDL. */
export function visibleActionType(node: FieldDefinitionNode, action: Action): TypeNode {
  if (action.writes) return namedType(payloadNameOf(action));
  return action.answer ? renamed(node.type, action.answer.type.name) : node.type;
}

const namedType = (name: string): TypeNode => ({ kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } });

function renamed(type: TypeNode, name: string): TypeNode {
  switch (type.kind) {
    case Kind.NAMED_TYPE:
      return namedType(name);
    case Kind.LIST_TYPE:
      return { ...type, type: renamed(type.type, name) };
    case Kind.NON_NULL_TYPE: {
      const inner = renamed(type.type, name);
      return inner.kind === Kind.NON_NULL_TYPE ? inner : { ...type, type: inner };
    }
  }
}

/** Payloads of the actions that write, and the types of unsaved rows. */
export function actionTypesText(model: Sage200Model): string {
  const payloads = [...model.actions.values()]
    .filter(({ writes }) => writes)
    .map((action) => payloadText(model, action));
  const unsaved = [...model.rowTypes.values()].filter(({ unsavedOf }) => unsavedOf !== undefined);
  return [...payloads, ...unsaved.map((type) => unsavedText(model, type))].join('\n');
}

/** A row of a resource is a field with its name; the fields of any other answer are in the payload. */
function payloadText(model: Sage200Model, action: Action): string {
  const row = action.answer?.type;
  const members = row?.resource
    ? [`"The row as it is now." ${row.resource.singleField}: ${row.name}`]
    : fieldsText(model, row);
  return `"The result of \`${action.name}\`." type ${payloadNameOf(action)} { ${members.join('\n')} "What Sage refused; empty if it succeeded." userErrors: [Sage200UserError!]! }`;
}

const unsavedText = (model: Sage200Model, type: RowType): string =>
  `${JSON.stringify(type.description)} type ${type.name} { ${fieldsText(model, type).join('\n')} }`;

const fieldsText = (model: Sage200Model, type: RowType | undefined): string[] =>
  [...(type?.fields.values() ?? [])].flatMap((field) => fieldText(model, field));

function fieldText(model: Sage200Model, field: Field): string[] {
  const description = outputDescription(field);
  const described = description ? `${quoted(description)} ` : '';
  switch (field.kind) {
    case 'globalId':
      return [];
    case 'scalar':
      return field.writeOnly || field.filterOnly
        ? []
        : [`${described}${field.name}: ${field.list ? `[${outputScalar(field)}]` : outputScalar(field)}`];
    case 'linked':
      return [`${described}${field.name}: ${field.typeName}`];
    case 'children':
      return [`${described}${field.name}: ${field.list ? `[${field.typeName}]` : field.typeName}`];
    case 'list': {
      const target = model.rowTypes.get(field.typeName);
      return target ? [`${described}${field.name}${listArgumentsText(target)}: ${field.typeName}Connection`] : [];
    }
  }
}

/** Types that the SDL only has for an action's answer: their fields are in its payload. */
export function spreadTypes(model: Sage200Model): ReadonlySet<string> {
  const actions = [...model.actions.values()];
  const names = new Set(
    actions.flatMap(({ writes, answer }) => (writes && answer && !answer.type.resource ? [answer.type.name] : [])),
  );
  for (const { writes, answer } of actions) if (!writes && answer) names.delete(answer.type.name);
  for (const type of model.rowTypes.values())
    for (const field of type.fields.values()) if ('typeName' in field) names.delete(field.typeName);
  return names;
}
