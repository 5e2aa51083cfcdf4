import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/** Exact numbers: plain digits with an optional point, no exponent. */
const DECIMAL = /^[+-]?\d+(\.\d+)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Places that a number with an exponent is written out to; a double has no more than 324. */
const MAX_DIGITS = 400;

/** A number as plain digits: `1e-7` is `0.0000001`. */
export function toDecimalText(value: number | string): string {
  const text = String(value);
  if (!/e/i.test(text)) return text;
  const [mantissa = '0', exponent = '0'] = text.toLowerCase().split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '0', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const point = whole.length + Number(exponent);
  // Its digits would fill the memory, and nothing that Sage counts is that large or small.
  if (!(Math.abs(point) <= MAX_DIGITS)) return text;
  const digits = (whole + fraction).padEnd(point, '0');
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.slice(0, point) + (digits.length > point ? `.${digits.slice(point)}` : '');
}

/** The calendar part as Sage gave it: document dates are midnight of the local day, so nothing is shifted. */
export const toDateText = (value: string): string => value.slice(0, 10);

/** `date_time_*` stamps are UTC even where Sage leaves the offset out. */
export const toInstantText = (value: string): string => (/(Z|[+-]\d{2}:\d{2})$/.test(value) ? value : `${value}Z`);

/** An exact number as plain digits; so many that no value of Sage's is longer. */
export const isDecimalText = (text: string): boolean => DECIMAL.test(text) && text.length <= 40;

export const isDateText = (text: string): boolean =>
  DATE.test(text) &&
  !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
  new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);

export const isInstantText = (text: string): boolean => INSTANT.test(text) && !Number.isNaN(Date.parse(text));

function refuse(scalar: string, wanted: string, node?: ValueNode): never {
  throw new GraphQLError(`${scalar} needs ${wanted}.`, node ? { nodes: node } : {});
}

function fromLiteral(node: ValueNode, parse: (value: unknown) => string, scalar: string, wanted: string): string {
  if (node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT) return parse(node.value);
  return refuse(scalar, wanted, node);
}

interface Definition {
  readonly name: string;
  readonly wanted: string;
  readonly accepts: (text: string) => boolean;
  readonly fromSage: (value: string | number) => string;
}

function createScalar({ name, wanted, accepts, fromSage }: Definition): GraphQLScalarType<string, string> {
  const parse = (value: unknown): string => {
    const text = typeof value === 'number' && Number.isFinite(value) ? toDecimalText(value) : value;
    return typeof text === 'string' && accepts(text) ? text : refuse(name, wanted);
  };
  return new GraphQLScalarType({
    name,
    serialize: (value) =>
      typeof value === 'string' || typeof value === 'number' ? fromSage(value) : refuse(name, wanted),
    parseValue: parse,
    parseLiteral: (node) => fromLiteral(node, parse, name, wanted),
  });
}

export const scalars = {
  Sage200Decimal: createScalar({
    name: 'Sage200Decimal',
    wanted: 'an exact number as text, such as "1250.50"',
    accepts: isDecimalText,
    fromSage: toDecimalText,
  }),
  Sage200Date: createScalar({
    name: 'Sage200Date',
    wanted: 'a calendar day such as "2026-03-31"',
    accepts: isDateText,
    fromSage: (value) => toDateText(String(value)),
  }),
  Sage200DateTime: createScalar({
    name: 'Sage200DateTime',
    wanted: 'an instant with its offset, such as "2026-03-31T09:30:00Z"',
    accepts: isInstantText,
    fromSage: (value) => toInstantText(String(value)),
  }),
};
