import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { Choices } from './choices.ts';

/** Names of what is there, found before anything is generated: an id nobody has shows little. */
export interface Supplies {
  /** Global ids of several types and both companies. */
  readonly globalIds: readonly string[];
  /** Sage's own ids. */
  readonly sageIds: readonly string[];
  readonly cursors: readonly string[];
  /** The same of one type alone, by its name. */
  readonly ofType: ReadonlyMap<string, Pick<Supplies, 'globalIds' | 'sageIds' | 'cursors'>>;
  readonly sites: readonly string[];
  readonly companies: readonly string[];
}

export interface ValueMaker {
  readonly choices: Choices;
  readonly supplies: Supplies;
  /** Whether there may be faults in the document and its variables; most have none, or nothing would ever run. */
  readonly isFaulty: boolean;
}

/** Named for what they are given to. The tenant's filters are texts of its own language. */
const BY_NAME: Readonly<Record<string, readonly unknown[]>> = {
  first: [1, 2, 2, 3, 3, 3, 5, 7, 12],
  last: [1, 2],
  _id: ['1', '1', '2', '2', '3', 3, 4, '5', '7', '#ABS001', '#NOTHING'],
  selector: ['rating', 'none'],
};

/** The tenant's own filters and orders are text. */
const TENANT_TEXTS: Readonly<Record<string, readonly string[]>> = {
  filter: ['{_id: {_lte: 3}}', '{"_id":{"_in":[1,2]}}', '[]', '{}', "{_id: {_ne: '1'}}", '{_id: {_gt: 2}}'],
  orderBy: ['{_id: 1}', '{_id: -1}', '{"_id":1}', '{ _id : 1 }', '{nothing: 1}'],
  after: ['[1]#1', 'nothing'],
};

const BY_SCALAR: Readonly<Record<string, readonly unknown[]>> = {
  Int: [0, 1, 2, 30, -5],
  Float: [0, 1.5],
  Boolean: [true, false],
  String: ['A', 'ABS001', "O'Brien", '', 'a', 'Ltd', 'Größe', '%', 'x"y\\z'],
  Sage200Decimal: ['0', '100', '-5.25', '1000.00', 12.5, 40, '12345678901234567.89'],
  Sage200Date: ['2024-01-01', '2026-03-31', '2025-06-30'],
  Sage200DateTime: ['2024-01-01T00:00:00Z', '2025-03-31T09:30:00Z', '2026-03-31T09:30:00Z'],
  Id: ['1', '#ABS001', 2],
  IntReference: ['1', '#EACH'],
  Decimal: ['1.5', '0'],
  Date: ['2026-01-01'],
};

const WRONG: readonly unknown[] = ['nonsense', 7, 1.5, true, [], {}, ['x'], { nothing: 1 }, null];

/** A value of the type, as JSON has it; now and then one that is none. */
export function makeValue(type: GraphQLInputType, name: string, maker: ValueMaker, depth = 3): unknown {
  const { choices, isFaulty } = maker;
  if (isFaulty && choices.percent(8)) return choices.one(WRONG);
  if (isNonNullType(type)) return presentValue(type.ofType, name, maker, depth);
  return choices.percent(4) ? null : presentValue(type, name, maker, depth);
}

function presentValue(type: GraphQLInputType, name: string, maker: ValueMaker, depth: number): unknown {
  const { choices, isFaulty } = maker;
  if (isNonNullType(type)) return presentValue(type.ofType, name, maker, depth);
  if (isListType(type)) {
    const item = () => makeValue(type.ofType, name, maker, depth);
    if (choices.percent(8)) return presentValue(type.ofType, name, maker, depth);
    // Longer than one request to Sage takes.
    const length = choices.weighted([
      [12, choices.below(4)],
      [1, 30],
    ]);
    return Array.from({ length }, item);
  }
  if (isEnumType(type)) return isFaulty && choices.percent(5) ? 'NOPE' : choices.one(type.getValues()).name;
  if (isInputObjectType(type)) return objectOf(type, maker, depth);
  return scalarOf(type.name, name, maker);
}

function objectOf(type: GraphQLInputObjectType, maker: ValueMaker, depth: number): Record<string, unknown> {
  const { choices } = maker;
  const fields = Object.values(type.getFields());
  const required = fields.filter((field) => isNonNullType(field.type) && field.defaultValue === undefined);
  const isOrder = type.name.endsWith('Order');
  const isOperators = /^Sage200(String|Int|Id|Decimal|Date|DateTime|Boolean)Filter$/.test(type.name);
  const others = fields.filter((field) => depth > 0 || !isInputObjectType(getNamedType(field.type)));
  const count = isOrder && choices.percent(96) ? 1 : isOperators ? 1 + choices.below(2) : choices.below(3);
  const picked = Array.from({ length: Math.min(count, others.length) }, () => choices.one(others));
  const nesting = fields.filter(({ name }) => ['and', 'or', 'not'].includes(name));
  if (nesting.length > 0 && depth > 1 && choices.percent(25)) picked.push(choices.one(nesting));
  const all = new Map([...required, ...picked].map((field) => [field.name, field]));
  return Object.fromEntries(
    [...all.values()].map((field) => [field.name, makeValue(field.type, field.name, maker, depth - 1)]),
  );
}

function scalarOf(scalar: string, name: string, { choices, supplies }: ValueMaker): unknown {
  if (name === 'first' && choices.percent(3)) return choices.one([0, -1, 5_000, 5_001, null]);
  const known = BY_NAME[name];
  if (known) return choices.one(known);
  if (name === 'after' && scalar === 'String' && supplies.cursors.length > 0) {
    return choices.percent(80) ? choices.one(supplies.cursors) : choices.one(TENANT_TEXTS['after'] ?? []);
  }
  if (scalar === 'String' && TENANT_TEXTS[name]) return choices.one(TENANT_TEXTS[name]);
  if (scalar === 'ID') return idOf(name, choices, supplies);
  return choices.one(BY_SCALAR[scalar] ?? BY_SCALAR['String'] ?? []);
}

function idOf(name: string, choices: Choices, supplies: Supplies): unknown {
  if (name === 'site') return choices.one(usually(supplies.sites, 'nowhere'));
  if (name === 'company') return choices.one(usually(supplies.companies, '77'));
  if (choices.percent(10)) return choices.one(['999999', 'abc', '', 0, 27_828, '-1', 'U2FnZTIwMA==']);
  return choices.one(choices.percent(40) ? supplies.globalIds : supplies.sageIds);
}

const usually = <Item>(items: readonly Item[], other: Item): Item[] => [
  ...Array.from({ length: 5 }, () => items).flat(),
  other,
];

/** The same value as it stands in a document. Members of enumerations lose their quotes. */
export function toLiteral(value: unknown, type: GraphQLInputType | undefined): string {
  const inner = type && getNullableType(type);
  if (Array.isArray(value)) {
    const item = isListType(inner) ? inner.ofType : inner;
    return `[${value.map((each) => toLiteral(each, item)).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const object = isListType(inner) ? getNullableType(inner.ofType as GraphQLInputType) : inner;
    const fields = isInputObjectType(object) ? object.getFields() : {};
    const members = Object.entries(value).map(([name, member]) => `${name}: ${toLiteral(member, fields[name]?.type)}`);
    return `{${members.join(', ')}}`;
  }
  const leaf = isListType(inner) ? getNullableType(inner.ofType as GraphQLInputType) : inner;
  return isEnumType(leaf) && typeof value === 'string' ? value : JSON.stringify(value);
}
