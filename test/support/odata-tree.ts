import { filter as parseOData } from 'odata-v4-parser';

/** A `$filter` as a parser that is not ours reads it. */
export interface Tree {
  readonly type: string;
  readonly raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a token holds depends on its type, and the parser has no types for it
  readonly value: any;
}

/** @param encoded the option's value as it stands in a URL */
export function parseFilter(encoded: string): Tree {
  // Two things that Sage reads and the parser does not: a colon as %3A, and a match compared with false, which the
  // grammar of OData spells with `not`. Strings are stepped over, so that nothing inside them is touched.
  const readable = encoded
    .replaceAll('%3A', ':')
    .replace(/'(?:[^']|'')*'|((?:contains|startswith|endswith)\(\w+,'(?:[^']|'')*'\))%20eq%20false/g, (all, match) =>
      match === undefined ? all : `(not%20${match})`,
    );
  return parseOData(readable) as Tree;
}

export type LiteralValue = string | boolean | null;

export function literalOf({ raw }: Tree): LiteralValue {
  if (raw === 'null') return null;
  if (raw === 'true' || raw === 'false') return raw === 'true';
  return raw.startsWith("'") ? decodeURIComponent(raw.slice(1, -1)).replaceAll("''", "'") : raw;
}

export function literalsOf(tree: Tree): LiteralValue[] {
  if (tree.type === 'Literal') return [literalOf(tree)];
  return partsOf(tree).flatMap(literalsOf);
}

/** The kinds of all parts and the names of fields, without the values. */
export function shapeOf(tree: Tree): string {
  if (tree.type === 'Literal') return tree.raw.startsWith("'") ? 'text' : 'value';
  if (tree.type === 'FirstMemberExpression') return tree.raw;
  return `${tree.type}(${partsOf(tree).map(shapeOf).join(',')})`;
}

function partsOf({ type, value }: Tree): Tree[] {
  if (type === 'FirstMemberExpression') return [];
  if (type === 'MethodCallExpression') return value.parameters;
  return 'left' in value ? [value.left, value.right] : [value];
}
