import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

interface ScalarDefinition {
  readonly name: string;
  /** What a caller has to give, with an example. */
  readonly wanted: string;
  readonly accepts: (text: string) => boolean;
  /** The text of a value that is not one, such as a number. */
  readonly print: (value: string | number) => string;
  /** The text that a number stands for in an input. */
  readonly toText: (value: number) => string;
}

/** A scalar whose values are texts of one form, in answers as in inputs. */
export function exactScalar({
  name,
  wanted,
  accepts,
  print,
  toText,
}: ScalarDefinition): GraphQLScalarType<string, string> {
  const refuse = (node?: ValueNode): never => {
    throw new GraphQLError(`${name} needs ${wanted}.`, node ? { nodes: node } : {});
  };
  const parse = (value: unknown): string => {
    const text = typeof value === 'number' && Number.isFinite(value) ? toText(value) : value;
    return typeof text === 'string' && accepts(text) ? text : refuse();
  };
  return new GraphQLScalarType({
    name,
    serialize: (value) => (typeof value === 'string' || typeof value === 'number' ? print(value) : refuse()),
    parseValue: parse,
    parseLiteral: (node) =>
      node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT
        ? parse(node.value)
        : refuse(node),
  });
}
