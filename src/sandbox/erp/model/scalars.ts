import {
  GraphQLError,
  type GraphQLScalarType,
  type GraphQLSchema,
  isScalarType,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Model } from './model.ts';

type Parse = (value: unknown) => unknown;

/** Gives the schema's scalars their forms; enumerations on the input side take quoted text, as clients send it. */
export function configureScalars(schema: GraphQLSchema, model: Model): void {
  for (const [name, parse] of Object.entries(PARSERS)) configure(schema.getType(name), parse);
  for (const [name, members] of model.enums) {
    configure(schema.getType(`${name}_EnumInput`), (value) => {
      if (typeof value === 'string' && members.includes(value)) return value;
      throw fault(`a member of ${name} (${members.join(', ')})`, value);
    });
  }
  const id = schema.getType('Id');
  if (isScalarType(id)) id.serialize = String;
  if (model.idsAreKeys) for (const name of ['Id', 'ExternalReference']) configure(schema.getType(name), parseKey);
}

function configure(type: unknown, parse: Parse): void {
  if (!isScalarType(type)) return;
  const scalar: GraphQLScalarType = type;
  scalar.parseValue = parse;
  scalar.parseLiteral = (node, variables) => parse(literalOf(node, variables));
}

/** Numbers keep their text, so that a decimal literal stays exact. */
function literalOf(node: ValueNode, variables: Parameters<typeof valueFromASTUntyped>[1]): unknown {
  return node.kind === Kind.INT || node.kind === Kind.FLOAT
    ? new NumberText(node.value)
    : valueFromASTUntyped(node, variables);
}

class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const textOf = (value: unknown): unknown =>
  value instanceof NumberText ? value.text : typeof value === 'number' ? String(value) : value;

const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

const matching =
  (pattern: RegExp, expected: string): Parse =>
  (value) => {
    const text = textOf(value);
    if (typeof text === 'string' && pattern.test(text)) return text;
    throw fault(expected, text);
  };

/** A number in exponent form, as JSON may carry it. */
const plain: Parse = (value) => (typeof value === 'number' && /e/i.test(String(value)) ? value.toFixed(10) : value);

const parseId = matching(/^(?:-?\d+|#.+)$/s, 'digits, or a hash sign and the natural key');
const parseKey = matching(/^.+$/s, 'a key');
const parseDecimal = matching(DECIMAL, 'a decimal number');
const parseInteger = matching(/^[+-]?\d+$/, 'a whole number');

const PARSERS: Readonly<Record<string, Parse>> = {
  Id: parseId,
  IntReference: parseId,
  Decimal: (value) => parseDecimal(plain(value)),
  IntOrString: (value) => Number(parseInteger(value)),
  Date: matching(DATE, 'a date (YYYY-MM-DD)'),
  Datetime: (value) => {
    if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return new Date(value).toISOString();
    throw fault('a date and time (ISO 8601)', value);
  },
  Json: (value) => {
    try {
      if (typeof value === 'string') return JSON.stringify(JSON.parse(value));
    } catch {}
    throw fault('JSON as text', value);
  },
};

const fault = (expected: string, value: unknown) =>
  new GraphQLError(`${expected} is expected, not ${JSON.stringify(textOf(value))}.`);
