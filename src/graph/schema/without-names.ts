import {
  type DefinitionNode,
  type DocumentNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
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
    definitions = definitions.flatMap((definition) => reduce(definition, taken, gone) ?? []);
    if (gone.size === size) return { kind: Kind.DOCUMENT, definitions };
  }
}

function reduce(node: DefinitionNode, { query, mutation }: TakenNames, gone: Set<string>): DefinitionNode | undefined {
  if (!isTypeDefinitionNode(node) && !isTypeExtensionNode(node)) return node;
  const name = node.name.value;
  const isGone = (type: TypeNode): boolean =>
    type.kind === Kind.NAMED_TYPE ? gone.has(type.name.value) : isGone(type.type);
  const stays = ({ type }: { readonly type: TypeNode }) => !isGone(type);
  /** Neither a field nor an input is of use if something required cannot be given. */
  const isLost = ({ type }: InputValueDefinitionNode) => type.kind === Kind.NON_NULL_TYPE && isGone(type);
  const used = name === 'Query' ? query : name === 'Mutation' ? mutation : undefined;
  const remaining = (left: DefinitionNode, before: readonly unknown[], after: readonly unknown[]) => {
    if (before.length === 0 || after.length > 0) return left;
    if (!used) gone.add(name);
    return undefined;
  };
  if (gone.has(name)) return undefined;
  if ('types' in node) {
    const types = (node.types ?? []).filter((type) => !isGone(type));
    return remaining({ ...node, types }, node.types ?? [], types);
  }
  if (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION) {
    const all = node.fields ?? [];
    const fields = all.some(isLost) ? [] : all.filter(stays);
    return remaining({ ...node, fields }, all, fields);
  }
  if (!('fields' in node)) return node;
  const fields = (node.fields ?? [])
    .filter((field) => !used?.has(field.name.value) && stays(field) && !field.arguments?.some(isLost))
    .map((field) => ({ ...field, arguments: (field.arguments ?? []).filter(stays) }));
  const interfaces = (node.interfaces ?? []).filter((type) => !isGone(type));
  return remaining({ ...node, fields, interfaces }, node.fields ?? [], fields);
}
