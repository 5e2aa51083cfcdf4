import type { FieldDefinitionNode } from 'graphql';
import type { Action, Field, RowType } from './model.ts';
import { bareName } from './names.ts';
import { argumentsOf, type Reading, readField, text, unwrap } from './read-field.ts';

/** Types read so far. Unsaved copies are added to the rows. */
interface Types {
  readonly rowTypes: Map<string, RowType>;
  readonly inputTypes: ReadonlyMap<string, RowType>;
}

const DERIVED_INPUT = /^Sage200(Create|Update)(\w+)Input$/;

/**
 * One field with `@action`; undefined for any other field.
 * @throws Error if the SDL uses a type that it does not define
 */
export function readAction(
  node: FieldDefinitionNode,
  writes: boolean,
  types: Types,
  reading: Reading,
): Action | undefined {
  const given = argumentsOf(node.directives, 'action');
  if (!given) return undefined;
  const name = node.name.value;
  return {
    name,
    description: node.description?.value ?? '',
    writes,
    path: String(given['path']),
    method: given['method'] === 'PUT' ? 'PUT' : 'POST',
    since: text(given['since']),
    foundIn: text(given['foundIn']),
    givenArguments: readArguments(node, reading),
    input: readInput(node, types),
    answer: readAnswer(node, given['unsaved'] === true, types),
  };
}

function readArguments(node: FieldDefinitionNode, reading: Reading): RowType {
  const fields = new Map<string, Field>();
  for (const argument of node.arguments ?? []) {
    const field = argument.name.value === 'input' ? undefined : readField(argument, reading);
    if (field) fields.set(field.name, field);
  }
  return { name: node.name.value, description: '', resource: undefined, fields, isNode: false, unsavedOf: undefined };
}

/** The input is hand-written, or the one that the engine creates for creating or changing a row. */
function readInput(node: FieldDefinitionNode, { rowTypes, inputTypes }: Types): Action['input'] {
  const argument = node.arguments?.find(({ name }) => name.value === 'input');
  if (!argument) return undefined;
  const { typeName } = unwrap(argument.type);
  const written = inputTypes.get(typeName);
  if (written) return { type: written, use: 'child' };
  const [, verb, bare] = DERIVED_INPUT.exec(typeName) ?? [];
  const row = rowTypes.get(`Sage200${bare}`);
  if (!row) throw new Error(`The input of ${node.name.value}, ${typeName}, is not defined.`);
  return { type: row, use: verb === 'Create' ? 'create' : 'update' };
}

function readAnswer(node: FieldDefinitionNode, isUnsaved: boolean, { rowTypes }: Types): Action['answer'] {
  const { typeName, list } = unwrap(node.type);
  if (typeName === 'Boolean') return undefined;
  const type = rowTypes.get(typeName);
  if (!type) throw new Error(`The answer of ${node.name.value}, ${typeName}, is not defined.`);
  return { type: isUnsaved ? unsavedCopy(type, rowTypes) : type, list };
}

/**
 * A row before Sage gives it an id: every field may be missing, and fields that need the id are left out. Its children
 * are not saved either.
 */
function unsavedCopy(type: RowType, rowTypes: Map<string, RowType>): RowType {
  const name = `Sage200Unsaved${bareName(type.name)}`;
  const known = rowTypes.get(name);
  if (known) return known;
  const fields = new Map<string, Field>();
  const copy: RowType = {
    name,
    description: `A ${type.name} as Sage fills it in for an answer; it has no id while it is not saved.`,
    resource: undefined,
    fields,
    isNode: false,
    unsavedOf: type.name,
  };
  rowTypes.set(name, copy); // added before its fields: types may contain each other
  for (const field of type.fields.values()) {
    const copied = unsavedField(field, rowTypes);
    if (copied) fields.set(field.name, copied);
  }
  return copy;
}

function unsavedField(field: Field, rowTypes: Map<string, RowType>): Field | undefined {
  switch (field.kind) {
    case 'globalId':
    case 'list':
      return undefined;
    case 'scalar':
      return field.writeOnly || field.expand !== undefined ? undefined : { ...field, nonNull: false };
    case 'linked':
      return field;
    case 'children': {
      const child = rowTypes.get(field.typeName);
      if (!child) return undefined;
      return isEverNonNull(child) ? { ...field, typeName: unsavedCopy(child, rowTypes).name } : field;
    }
  }
}

const isEverNonNull = ({ fields }: RowType): boolean =>
  [...fields.values()].some((field) => field.kind === 'globalId' || (field.kind === 'scalar' && field.nonNull));
