import { parse } from 'graphql';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { loadSdl } from '../../src/kit/load-sdl.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { ScalarField } from '../../src/subschemas/sage200/model/model.ts';
import { readModel } from '../../src/subschemas/sage200/model/read-model.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const model = readModel(loadSdl(new URL('../../schema/sage200/', import.meta.url)), 'professional');
const lists = [...model.rowTypes.values()].flatMap((type) =>
  type.resource?.operations.has('LIST') && type.resource.perCompany
    ? [{ type, path: type.resource.path, list: type.resource.listField }]
    : [],
);
const columnsOf = (type: (typeof lists)[number]['type']): ScalarField[] =>
  [...type.fields.values()].filter(
    (field): field is ScalarField =>
      field.kind === 'scalar' && !field.writeOnly && !field.filterOnly && !field.expand && !field.list,
  );

let sandbox: Sandbox;
let gateway: TestGateway;
const metrics = new Registry();
/** Member by its number, as the sandbox's lists have it. */
const members = new Map<string, ReadonlyMap<string, string>>();

beforeAll(async () => {
  sandbox = await startSandbox({ companies: 1 });
  gateway = await startTestGateway({ sandbox, metrics });
  const fields = model.lookups.map(({ name }) => `${name} { sageId value }`).join(' ');
  const { data } = await gateway.query(`{ sage200 { ${fields} } }`);
  for (const { name, path } of model.lookups) {
    const rows: readonly { sageId: string; value: string }[] = data.sage200[name];
    members.set(path, new Map(rows.map(({ sageId, value }) => [sageId, value])));
  }
});

afterEach(() => sandbox.sage200.clearFaults());

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

/** What Sage writes for a column, and what it becomes. */
function sampleOf({ scalar, memberList }: ScalarField): readonly [source: unknown, value: unknown] {
  if (memberList !== undefined) return ['EnumMemberOfALaterRelease', 'EnumMemberOfALaterRelease'];
  switch (scalar) {
    case 'ID':
      return [7, '7'];
    case 'Int':
      return [3, 3];
    case 'Sage200Long':
      return [2_147_483_648, '2147483648'];
    case 'Boolean':
      return [true, true];
    case 'Sage200Decimal':
      return [12.5, '12.5'];
    case 'Sage200Date':
      return ['2026-03-31T00:00:00', '2026-03-31'];
    case 'Sage200DateTime':
      return ['2026-03-31T09:30:00.123', '2026-03-31T09:30:00.123Z'];
    default:
      return ['text', 'text'];
  }
}

const isKey = ({ nonNull }: ScalarField) => nonNull;

/** Asked until its plan answers it. */
async function askOften(list: string, columns: readonly ScalarField[]) {
  const names = columns.map(({ name }) => name).join(' ');
  const answers = [];
  for (let time = 0; time < 3; time += 1)
    answers.push(await gateway.query(`{ sage200 { list: ${list}(first: 5000) { nodes { ${names} } } } }`));
  return answers;
}

test('a row without a value loses only that value, and only a row without its key is null', async () => {
  const wrong: unknown[] = [];
  let count = 0;
  for (const { type, path, list } of lists) {
    const columns = columnsOf(type);
    const full = Object.fromEntries(columns.map((column) => [column.restName, sampleOf(column)[0]]));
    const shown = Object.fromEntries(columns.map((column) => [column.name, sampleOf(column)[1]]));
    const rows = columns.map(({ restName }) =>
      Object.fromEntries(Object.entries(full).filter(([n]) => n !== restName)),
    );
    const expected = columns.map((column) => (isKey(column) ? null : { ...shown, [column.name]: null }));
    sandbox.sage200.fault({ kind: 'status', status: 200, match: `/${path}?`, body: rows, times: 0 });

    for (const { data, errors = [] } of await askOften(list, columns)) {
      const codes = errors.map(({ extensions, path: at }) => [extensions['code'], at?.[2]]);
      const keys = columns.filter(isKey).map(() => ['UPSTREAM_UNAVAILABLE', 'nodes']);
      if (JSON.stringify([data?.sage200?.list?.nodes, codes]) !== JSON.stringify([expected, keys]))
        wrong.push([list, data?.sage200?.list, errors]);
      count += rows.length;
    }
    sandbox.sage200.clearFaults();
  }

  expect(wrong.slice(0, 2)).toEqual([]);
  expect(count).toBeGreaterThan(5_000);
});

test('a member is shown by its name, even if it came as a number or from a later release', async () => {
  const wrong: unknown[] = [];
  let count = 0;
  for (const { type, path, list } of lists) {
    const columns = columnsOf(type).filter(({ memberList }) => memberList !== undefined);
    if (columns.length === 0) continue;
    const sources = [0, '1', null, '', 'EnumMemberOfALaterRelease', 999];
    const rows = sources.map((source) => Object.fromEntries(columns.map(({ restName }) => [restName, source])));
    const memberOf = ({ memberList = '' }: ScalarField, number: string) =>
      members.get(memberList)?.get(number) ?? number;
    const expected = ['0', '1', null, null, 'EnumMemberOfALaterRelease', '999'].map((text) =>
      Object.fromEntries(columns.map((column) => [column.name, text && memberOf(column, text)])),
    );
    sandbox.sage200.fault({ kind: 'status', status: 200, match: `/${path}?`, body: rows, times: 0 });

    for (const { data, errors } of await askOften(list, columns)) {
      if (errors || JSON.stringify(data.sage200.list.nodes) !== JSON.stringify(expected))
        wrong.push([list, data?.sage200.list, errors]);
      count += columns.length;
    }
    sandbox.sage200.clearFaults();
  }

  expect(wrong.slice(0, 2)).toEqual([]);
  expect(count).toBeGreaterThan(300);
  const counted = await metrics.metrics();
  expect(counted).toMatch(/gateway_sage200_unknown_members_total\{enum="Sage200TraceableType"\} \d/);
});

test("Sage's list of members is read once for a sign-in, and numbers stay numbers while it cannot be read", async () => {
  await using another = await startTestGateway({ sandbox });
  const document = '{ sage200 { productViews(first: 5) { nodes { traceableType } } } }';
  const rows = [{ traceable_type: 0 }, { traceable_type: 1 }, { traceable_type: 2 }];
  sandbox.sage200.fault({ kind: 'status', status: 200, match: '/product_views?', body: rows, times: 0 });
  sandbox.sage200.fault({ kind: 'status', status: 503, match: '/traceable_types', times: 1 });
  sandbox.sage200.clearRequests();

  const first = await another.query(document);
  const others = await Promise.all([1, 2, 3].map(() => another.query(document)));
  const last = await another.query(document);

  const types = ({ data }: typeof first) =>
    data.sage200.productViews.nodes.map(({ traceableType }: { traceableType: string }) => traceableType);
  expect(types(first)).toEqual(['0', '1', '2']);
  for (const answer of [...others, last])
    expect(types(answer)).toEqual(['EnumTraceableTypeNone', 'EnumTraceableTypeSerial', 'EnumTraceableTypeBatch']);
  const asked = sandbox.sage200.requests().filter(({ path }) => path.endsWith('/traceable_types'));
  expect(asked).toHaveLength(2);
});

test('answers promise only their keys and no enum; inputs stay enums', async () => {
  const sdl = await (await fetch(`${gateway.url}/schema.graphql`)).text();
  const promised = new Set<string>();
  const enums = new Set(model.enums.keys());
  for (const definition of parse(sdl).definitions) {
    if (definition.kind !== 'ObjectTypeDefinition' || !definition.name.value.startsWith('Sage200')) continue;
    for (const { name, type } of definition.fields ?? []) {
      const text = type.kind === 'NonNullType' ? 'promised' : '';
      if (text !== '' && model.rowTypes.has(definition.name.value)) promised.add(name.value);
      const named = JSON.stringify(type).match(/"value":"(\w+)"/)?.[1] ?? '';
      expect(enums.has(named)).toBe(false);
    }
  }

  expect([...promised].sort()).toEqual(['companyId', 'id', 'sageId', 'siteId']);
  expect(sdl).toContain('nodes: [Sage200Customer]\n');
  expect(sdl).toMatch(/input Sage200TraceableTypeFilter \{\s+(?:""".*"""\s+)?eq: Sage200TraceableType\n/);
});
