import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Filter, type FilteredRow, FilterTruth } from '../support/filter-truth.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const FILTERS = 500;
/** In one operation. */
const AT_ONCE = 25;

let sandbox: Sandbox;
let gateway: TestGateway;
let rows: readonly FilteredRow[];

const NUMBERS = ['id', 'creditLimit', 'balance', 'averageTimeToPay', 'spareNumber1'] as const;
const TEXTS = ['reference', 'name', 'analysisCode1', 'faxAreaCode'] as const;
const DATES = ['accountOpened', 'lastCreditReview'] as const;
const MOMENTS = ['dateTimeUpdated', 'dateTimeCreated'] as const;
const NAMES = [...NUMBERS, ...TEXTS, ...DATES, ...MOMENTS, 'onHold'] as const;
type Name = (typeof NAMES)[number];

/** Text compares without case in the sandbox, as on most servers. */
const truth = new FilterTruth({
  numbers: new Set(NUMBERS),
  moments: new Set(MOMENTS),
  fold: (text) => text.toLowerCase(),
});

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 80, companies: 1 });
  gateway = await startTestGateway({ sandbox });
  const fields = NAMES.map((name) => (name === 'id' ? 'id: sageId' : name)).join(' ');
  const { data } = await gateway.query(`{ sage200 { customers(first: 5000) { nodes { ${fields} } } } }`);
  rows = data.sage200.customers.nodes.map((row: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]),
    ),
  );
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

/** Values that rows have, and some that none has. */
function valueFor(name: Name): fc.Arbitrary<string | number | boolean> {
  const held = rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined);
  const others: readonly (string | boolean)[] = (TEXTS as readonly string[]).includes(name)
    ? ['', 'a', "O'", '%', '_']
    : (DATES as readonly string[]).includes(name)
      ? ['2025-06-30']
      : (MOMENTS as readonly string[]).includes(name)
        ? ['2025-06-30T12:00:00Z']
        : name === 'onHold'
          ? [true, false]
          : ['0', '4'];
  const values = fc.constantFrom(...held, ...others);
  return name === 'averageTimeToPay' ? values.map(Number) : values;
}

function conditionOn(name: Name): fc.Arbitrary<Filter> {
  const value = valueFor(name);
  const operators: Record<string, fc.Arbitrary<unknown>> = {
    eq: fc.option(value, { freq: 3 }),
    ne: fc.option(value, { freq: 3 }),
  };
  if (name !== 'onHold') {
    operators['in'] = fc.array(value, { maxLength: 4 });
    for (const operator of ['gt', 'gte', 'lt', 'lte']) operators[operator] = value;
  }
  if ((TEXTS as readonly string[]).includes(name)) {
    const part = value.map((text) => String(text).slice(1, 4));
    for (const operator of ['contains', 'startsWith', 'endsWith']) operators[operator] = fc.oneof(value, part);
  }
  const one = fc
    .constantFrom(...Object.entries(operators))
    .chain(([operator, operand]) => operand.map((given) => ({ [operator]: given })));
  return fc.array(one, { minLength: 1, maxLength: 2 }).map((parts) => ({ [name]: Object.assign({}, ...parts) }));
}

test(`${FILTERS} filters find the same rows as in plain JavaScript, including empty values`, async () => {
  const leaf = fc.constantFrom(...NAMES).chain(conditionOn);
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
      fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
      tie('filter').map((not) => ({ not })),
    ),
  }));
  let found = 0;
  for (let round = 0; round < FILTERS / AT_ONCE; round += 1) {
    const filters = fc.sample(filter, AT_ONCE);
    const given = filters.map((_, index) => `$f${index}: Sage200CustomerFilter`);
    const asked = filters.map(
      (_, index) => `f${index}: customers(first: 200, filter: $f${index}) { nodes { sageId } }`,
    );

    const { data, errors } = await gateway.query(`query (${given.join(' ')}) { sage200 { ${asked.join(' ')} } }`, {
      variables: Object.fromEntries(filters.map((each, index) => [`f${index}`, each])),
    });

    expect(errors, JSON.stringify(filters)).toBeUndefined();
    for (const [index, each] of filters.entries()) {
      const ids = data.sage200[`f${index}`].nodes.map(({ sageId }: { sageId: string }) => sageId);
      const expected = rows.filter((row) => truth.holds(each, row) === true).map((row) => row['id']);
      expect(ids, JSON.stringify(each)).toEqual(expected);
      found += ids.length;
    }
  }
  // Filters that find nothing, or everything, would prove little.
  expect(found).toBeGreaterThan((FILTERS * rows.length) / 10);
  expect(found).toBeLessThan((FILTERS * rows.length * 9) / 10);
  for (const name of ['analysisCode1', 'spareNumber1', 'lastCreditReview'])
    expect(rows.some((row) => row[name] === null)).toBe(true);
});
