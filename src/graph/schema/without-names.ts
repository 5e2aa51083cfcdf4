import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type NamedTypeNode,
  type TypeNode,
} from 'graphql';

/** Names that the tenant already uses. */
export interface TakenNames {
  readonly types: ReadonlySet<string>;
  readonly query: ReadonlySet<string>;
  readonly mutation: ReadonlySet<string>;
}

/**
 * The gateway's type definitions without these names and everything that depends on them: a field or argument of a
 * removed type is removed too, and so is a type without remaining fields or members.
 */
export function withoutNames(document: DocumentNode, taken: TakenNames): DocumentNode {
  const gone = new Set(taken.types);
  let { definitions } = document;
  for (;;) {
    const { size } = gone;
    definitions = definitions.flatMap((definition) => reduce(definition, taken, gone));
    if (gone.size === size) return { kind: Kind.DOCUMENT, definitions };
  }
}

function reduce(definition: DefinitionNode, taken: TakenNames, gone: Set<string>): DefinitionNode[] {
  const stays = (type: TypeNode) => !gone.has(nameOf(type).name.value);
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION: {
      const name = definition.name.value;
      if (gone.has(name)) return [];
      const used = name === 'Query' ? taken.query : name === 'Mutation' ? taken.mutation : undefined;
      const fields = (definition.fields ?? []).filter(
        (field) => !used?.has(field.name.value) && stays(field.type) && requiredStay(field, stays),
      );
      const interfaces = (definition.interfaces ?? []).filter(stays);
      if (fields.length === 0 && (definition.fields ?? []).length > 0) {
        if (!used) gone.add(name);
        return [];
      }
      return [{ ...definition, fields: fields.map((field) => withArguments(field, stays)), interfaces }];
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_EXTENSION: {
      const name = definition.name.value;
      if (gone.has(name)) return [];
      const [all, fields] = [definition.fields ?? [], (definition.fields ?? []).filter(({ type }) => stays(type))];
      // An input is unusable without its required fields.
      const isUsable = all.every(({ type }) => type.kind !== Kind.NON_NULL_TYPE || stays(type));
      if (isUsable && (fields.length > 0 || all.length === 0)) return [{ ...definition, fields }];
      gone.add(name);
      return [];
    }
    case Kind.UNION_TYPE_DEFINITION: {
      const name = definition.name.value;
      if (gone.has(name)) return [];
      const types = (definition.types ?? []).filter(stays);
      if (types.length > 0) return [{ ...definition, types }];
      gone.add(name);
      return [];
    }
    case Kind.SCALAR_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_DEFINITION:
      return gone.has(definition.name.value) ? [] : [definition];
    default:
      return [definition];
  }
}

/** A field is of no use if its required argument cannot be given. */
const requiredStay = (field: FieldDefinitionNode, stays: (type: TypeNode) => boolean): boolean =>
  (field.arguments ?? []).every(({ type }) => type.kind !== Kind.NON_NULL_TYPE || stays(type));

const withArguments = (field: FieldDefinitionNode, stays: (type: TypeNode) => boolean): FieldDefinitionNode => ({
  ...field,
  arguments: (field.arguments ?? []).filter((argument: InputValueDefinitionNode) => stays(argument.type)),
});

const nameOf = (type: TypeNode): NamedTypeNode => (type.kind === Kind.NAMED_TYPE ? type : nameOf(type.type));
