import { type ArgumentNode, type FieldNode, GraphQLError, Kind, type SelectionNode, type ValueNode } from 'graphql';

/** A field as written in a document. */
export const field = (
  name: string,
  {
    given = [],
    below,
    alias,
  }: {
    readonly given?: readonly ArgumentNode[];
    readonly below?: readonly SelectionNode[];
    readonly alias?: string | undefined;
  } = {},
): FieldNode => ({
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: name },
  arguments: given,
  ...(alias !== undefined && { alias: { kind: Kind.NAME, value: alias } }),
  ...(below && { selectionSet: { kind: Kind.SELECTION_SET, selections: below } }),
});

/** Nested fields: `businessEntity { id }`. The alias is for the first. */
export const fieldsAlong = (
  [name = '', ...rest]: readonly string[],
  below?: readonly SelectionNode[],
  alias?: string,
): FieldNode => {
  const inner = rest.length > 0 ? [fieldsAlong(rest, below)] : below;
  return field(name, { alias, ...(inner && { below: inner }) });
};

export const argument = (name: string, value: ValueNode): ArgumentNode => ({
  kind: Kind.ARGUMENT,
  name: { kind: Kind.NAME, value: name },
  value,
});

export const variable = (name: string): ValueNode => ({
  kind: Kind.VARIABLE,
  name: { kind: Kind.NAME, value: name },
});

export const integer = (value: number): ValueNode => ({ kind: Kind.INT, value: String(value) });

export const object = (name: string, value: ValueNode): ValueNode => ({
  kind: Kind.OBJECT,
  fields: [{ kind: Kind.OBJECT_FIELD, name: { kind: Kind.NAME, value: name }, value }],
});

export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

type Path = readonly (string | number)[];

/** Errors by the row that they are in, with paths that begin at it, and errors that are in no row. */
export function sortErrors(
  errors: readonly GraphQLError[],
  prefix: Path,
  locate: (path: Path) => { readonly index: number; readonly rest: Path } | undefined,
) {
  const below = new Map<number, GraphQLError[]>();
  const others: GraphQLError[] = [];
  for (const { path, message, extensions, originalError } of errors) {
    const isBelow = path && path.length > prefix.length && prefix.every((part, index) => path[index] === part);
    const place = isBelow ? locate(path.slice(prefix.length)) : undefined;
    const more = { extensions, ...(originalError && { originalError }) };
    if (!place || !(place.index >= 0)) others.push(new GraphQLError(message, more));
    else {
      const known = below.get(place.index) ?? [];
      below.set(place.index, known);
      known.push(new GraphQLError(message, { path: place.rest, ...more }));
    }
  }
  return { below, others };
}
