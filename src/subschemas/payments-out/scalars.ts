import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/** Any JSON. Sage's JSON is parsed with exact numbers. */
export const jsonScalar = new GraphQLScalarType({
  name: 'PaymentsOutJSON',
  serialize: (value) => value,
  parseValue: (value) => toSendable(value),
  parseLiteral: (node, variables) => fromLiteral(node, variables ?? {}),
});

/** @throws GraphQLError for a number that parsing has changed: it would pay another amount */
function toSendable(value: unknown): unknown {
  if (typeof value === 'number') toNumber(String(value));
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) toSendable(each);
  return value;
}

function fromLiteral(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.VARIABLE:
      return toSendable(variables[node.name.value] ?? null);
    case Kind.LIST:
      return node.values.map((each) => fromLiteral(each, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, fromLiteral(value, variables)]));
    case Kind.INT:
    case Kind.FLOAT:
      return toNumber(node.value);
    case Kind.NULL:
      return null;
    default:
      return node.value;
  }
}

/** Number of digits that a double always keeps. */
const MOST_DIGITS = 15;

function toNumber(text: string): number {
  const [mantissa = ''] = text.split(/e/i);
  const digits = mantissa.replace(/\D/g, '').replace(/^0+/, '');
  if (endOfDigits(digits) > MOST_DIGITS) throw inexact();
  return Number(text);
}

/** Without the zeros at the end. A regular expression for these would take quadratic time. */
function endOfDigits(digits: string): number {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return end;
}

const inexact = () =>
  new GraphQLError(
    'PaymentsOutJSON cannot represent this number exactly. Send it as a string, if Sage accepts one there.',
  );

/** In UTC with a `Z`, whatever the offset that Sage wrote. */
export const dateTimeScalar = new GraphQLScalarType({
  name: 'PaymentsOutDateTime',
  serialize: (value) => value,
});

/** Undefined if it is not a time. */
export function toDateTime(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(value)) return undefined;
  // Without an offset it is UTC, like all of Sage's times.
  const moment = new Date(/Z$|[+-]\d{2}:?\d{2}$/i.test(value) ? value : `${value}Z`);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}
