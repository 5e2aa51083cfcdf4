import fc from 'fast-check';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import type { RowType } from '../../../src/subschemas/sage200/model/model.ts';
import { readModel } from '../../../src/subschemas/sage200/model/read-model.ts';
import { compileFilter } from '../../../src/subschemas/sage200/odata/compile-filter.ts';
import { printExpression } from '../../../src/subschemas/sage200/odata/expression.ts';
import { printQuery } from '../../../src/subschemas/sage200/odata/query.ts';
import { type Filter, FilterTruth, type FilteredRow as Row, type Value } from '../../support/filter-truth.ts';
import { hostile } from '../../support/hostile-text.ts';
import { literalOf, literalsOf, parseFilter, shapeOf, type Tree } from '../../support/odata-tree.ts';

const CASES = 2_000;

const model = readModel(
  parse(`
    type Sage200Thing implements Node @resource(path: "things", operations: [LIST, GET]) {
      id: ID!
      sageId: ID!
      reference: String! @field(required: true)
      name: String
      balance: Sage200Decimal
      slot: Int
      onHold: Boolean
      status: Sage200Status
      kind: String @field(lookup: "thing_kinds")
      opened: Sage200Date
      dateTimeUpdated: Sage200DateTime
    }
    enum Sage200Status { EnumLive EnumDone EnumOnHold }
  `),
  'professional',
);
const thing = model.rowTypes.get('Sage200Thing') as RowType;

/** Few different ones, so that filters do find rows. */
const common = fc.constantFrom('', 'A', 'a', 'AB', "O'Brien", 'B', ' ', "A' or 'A", '%', '_', 'AB%');
const text = fc.oneof(common, hostile);
const decimal = fc.oneof(
  fc.constantFrom('0', '1', '-1', '1.5', '1.50', '-0.01', '1000', '9007199254740993', '0.12345678901234567891'),
  fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(99_999)).map(([a, b]) => `${a}.${b}`),
);
const day = fc.constantFrom('1999-12-31', '2024-02-29', '2026-01-31', '2026-02-01');
const moment = fc.constantFrom('2026-01-31T09:52:11.452Z', '2026-01-31T09:52:11Z', '2026-01-31T23:59:59.999Z');

const NAMES = [
  'id',
  'reference',
  'name',
  'balance',
  'slot',
  'onHold',
  'status',
  'kind',
  'opened',
  'dateTimeUpdated',
] as const;
type Name = (typeof NAMES)[number];
const VALUES: Readonly<Record<Name, fc.Arbitrary<string | boolean>>> = {
  id: fc.oneof(fc.constantFrom('1', '2', '3', '9007199254740993'), fc.nat(50).map(String)),
  reference: text,
  name: text,
  balance: decimal,
  slot: fc.integer({ min: -3, max: 3 }).map(String),
  onHold: fc.boolean(),
  status: fc.constantFrom('EnumLive', 'EnumDone', 'EnumOnHold'),
  kind: fc.constantFrom('KindA', 'KindB'),
  opened: day,
  dateTimeUpdated: moment,
};
const truth = new FilterTruth({
  numbers: new Set(['id', 'balance', 'slot']),
  moments: new Set(['dateTimeUpdated']),
  fold: (text) => text,
});
const NEVER_EMPTY: ReadonlySet<string> = new Set(['id', 'reference']);
const TEXTS: ReadonlySet<string> = new Set(['reference', 'name']);
const UNORDERED: ReadonlySet<string> = new Set(['onHold', 'status', 'kind']);

const maybe = (name: Name): fc.Arbitrary<Value> =>
  NEVER_EMPTY.has(name) ? VALUES[name] : fc.option(VALUES[name], { freq: 4 });
const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.record(Object.fromEntries(NAMES.map((name) => [name, maybe(name)])) as Record<Name, fc.Arbitrary<Value>>),
  { minLength: 3, maxLength: 12 },
);

/** One to three operators on one field; several must all hold. */
function conditionOn(name: Name): fc.Arbitrary<Filter> {
  const operators: Record<string, fc.Arbitrary<unknown>> = {
    eq: maybe(name),
    ne: maybe(name),
    in: fc.array(VALUES[name], { maxLength: 4 }),
  };
  if (!UNORDERED.has(name)) for (const operator of ['gt', 'gte', 'lt', 'lte']) operators[operator] = VALUES[name];
  if (TEXTS.has(name)) for (const operator of ['contains', 'startsWith', 'endsWith']) operators[operator] = text;
  const one = fc
    .constantFrom(...Object.keys(operators))
    .chain((operator) => (operators[operator] ?? fc.constant(null)).map((value) => ({ [operator]: value })));
  return fc.array(one, { minLength: 1, maxLength: 3 }).map((parts) => ({ [name]: Object.assign({}, ...parts) }));
}

const leaf = fc.constantFrom(...NAMES).chain(conditionOn);

const { filter } = fc.letrec<{ filter: Filter; tree: Filter }>((tie) => ({
  filter: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, tie('tree')),
  tree: fc.oneof(
    fc.array(tie('filter'), { maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    tie('filter').map((not) => ({ not })),
    fc.tuple(leaf, tie('filter')).map(([own, not]) => ({ ...own, not })),
    fc.tuple(leaf, fc.array(tie('filter'), { minLength: 1, maxLength: 2 })).map(([own, or]) => ({ ...own, or })),
  ),
}));

test('a filter finds the same rows evaluated as OData and as a GraphQL argument', () => {
  let found = 0;
  let compared = 0;
  fc.assert(
    fc.property(filter, rows, (given, all) => {
      const meets = toODataPredicate(given);

      const byOData = all.filter(meets);

      expect(byOData).toEqual(all.filter((row) => truth.holds(given, row) === true));
      found += byOData.length;
      compared += all.length;
    }),
    { numRuns: CASES },
  );
  // Filters that find nothing, or everything, would prove little.
  expect(found).toBeGreaterThan(compared / 10);
  expect(found).toBeLessThan((compared * 9) / 10);
});

test('no text changes the tree of a filter, and each arrives unchanged', () => {
  const asked = (value: string) => ({
    or: [
      { name: { eq: value }, onHold: { eq: true } },
      { not: { name: { contains: value }, reference: { in: ['A', value] } } },
      { name: { startsWith: value }, balance: { gt: '1' } },
    ],
  });
  const harmless = shapeOf(toTree(asked('x')));
  fc.assert(
    fc.property(hostile, (value) => {
      const tree = toTree(asked(value));

      expect(shapeOf(tree)).toBe(harmless);
      expect(literalsOf(tree)).toEqual([value, true, value, null, 'A', value, value, '1']);
    }),
    { numRuns: CASES },
  );
});

test('a server that decodes the query string reads the filter as it was compiled, and no other option', () => {
  fc.assert(
    fc.property(filter, (given) => {
      const expression = compileFilter(thing, given, { toSageId: (id) => id });
      fc.pre(expression.op !== 'always' && expression.op !== 'never');

      const options = new URLSearchParams(printQuery({ filter: expression, top: 7 }).replaceAll('+', '%2B'));

      expect([...options]).toEqual([
        ['$filter', printExpression(expression)],
        ['$top', '7'],
      ]);
    }),
    { numRuns: CASES },
  );
});

test('an empty value differs from every other value, and is neither above nor below one', () => {
  const all: Row[] = [row({ name: null, balance: null }), row({ name: 'A', balance: '5' })];
  const found = (given: Filter) => all.filter(toODataPredicate(given)).map(({ name }) => name);

  expect(found({ name: { ne: 'A' } })).toEqual([null]);
  expect(found({ name: { eq: null } })).toEqual([null]);
  expect(found({ name: { ne: null } })).toEqual(['A']);
  expect(found({ not: { name: { contains: 'A' } } })).toEqual([null]);
  expect(found({ balance: { lt: '9' } })).toEqual(['A']);
  expect(found({ not: { balance: { gt: '9' } } })).toEqual(['A']);
});

const row = (values: Partial<Record<Name, Value>>): Row => ({
  ...Object.fromEntries(NAMES.map((name) => [name, null])),
  ...values,
});

// ── OData text, parsed by a parser that is not ours, and its tree evaluated ───────────────────────────────────────

function toODataPredicate(given: Filter): (of: Row) => boolean {
  const { op } = compileFilter(thing, given, { toSageId: (id) => id });
  if (op === 'always') return () => true;
  // Sage is not asked at all then.
  if (op === 'never') return () => false;
  const tree = toTree(given);
  return (of) => evaluate(tree, of) === true;
}

function toTree(given: Filter): Tree {
  const filter = compileFilter(thing, given, { toSageId: (id) => id });
  const encoded = printQuery({ filter }).replace(/^\?\$filter=/, '');
  return parseFilter(encoded);
}

const COMPARISONS: Readonly<Record<string, string>> = {
  EqualsExpression: 'eq',
  NotEqualsExpression: 'ne',
  GreaterThanExpression: 'gt',
  GreaterOrEqualsExpression: 'gte',
  LesserThanExpression: 'lt',
  LesserOrEqualsExpression: 'lte',
};
const MATCHES: Readonly<Record<string, string>> = {
  contains: 'contains',
  startswith: 'startsWith',
  endswith: 'endsWith',
};

function evaluate(tree: Tree, of: Row): boolean {
  const { type, value } = tree;
  switch (type) {
    case 'AndExpression':
      return evaluate(value.left, of) && evaluate(value.right, of);
    case 'OrExpression':
      return evaluate(value.left, of) || evaluate(value.right, of);
    case 'BoolParenExpression':
      return evaluate(value, of);
    case 'NotExpression':
      // Of a match alone: over an empty value it is neither true nor false, in a database as in OData.
      return of[toGraphqlName(matchIn(value).property.raw)] !== null && !evaluate(value, of);
    case 'MethodCallExpression': {
      const { method, property, literal } = matchIn(tree);
      return compareRow(property, method, literal, of);
    }
    default: {
      const operator = COMPARISONS[type];
      if (operator === undefined) throw new Error(`${type} was not expected: ${tree.raw}`);
      return compareRow(value.left, operator, value.right, of);
    }
  }
}

function matchIn(tree: Tree): { readonly method: string; readonly property: Tree; readonly literal: Tree } {
  if (tree.type !== 'MethodCallExpression') return matchIn(tree.value);
  const [property, literal] = tree.value.parameters as [Tree, Tree];
  return { method: MATCHES[tree.value.method] ?? tree.value.method, property, literal };
}

function compareRow(property: Tree, operator: string, literal: Tree, of: Row): boolean {
  const name = toGraphqlName(property.raw);
  return truth.meets(name, operator, of[name] ?? null, literalOf(literal)) === true;
}

const toGraphqlName = (rest: string) => rest.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
