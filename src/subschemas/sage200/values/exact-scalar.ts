import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { toDecimalText } from './decimal-text.ts';
import { unreadable } from './unreadable.ts';

interface ScalarDefinition {
  readonly name: string;
  /** What a caller must give, with an example. */
  readonly wanted: string;
  /** A caller's value in canonical form; undefined if it is not such a value. */
  readonly parse: (text: string) => string | undefined;
  /** The same for Sage's values. */
  readonly print: (text: string) => string | undefined;
}

/** A scalar whose values are texts in canonical form, in answers and inputs. Numbers are accepted as their digits. */
export function exactScalar({ name, wanted, parse, print }: ScalarDefinition): GraphQLScalarType<string, string> {
  const read = (value: unknown, toForm: (text: string) => string | undefined): string | undefined => {
    const text = typeof value === 'number' && Number.isFinite(value) ? toDecimalText(value) : value;
    return typeof text === 'string' ? toForm(text) : undefined;
  };
  const refuse = (node?: ValueNode): never => {
    throw new GraphQLError(`${name} needs ${wanted}.`, node ? { nodes: node } : {});
  };
  return new GraphQLScalarType({
    name,
    serialize(value) {
      const printed = read(value, print);
      if (printed === undefined) throw unreadable(`a ${name}`);
      return printed;
    },
    parseValue: (value) => read(value, parse) ?? refuse(),
    parseLiteral(node) {
      if (node.kind === Kind.STRING) return parse(node.value) ?? refuse(node);
      if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return parse(toDecimalText(node.value)) ?? refuse(node);
      return refuse(node);
    },
  });
}
