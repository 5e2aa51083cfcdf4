import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildSchema, isObjectType, isSpecifiedScalarType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway } from '../support/test-gateway.ts';
import { compileRelayApp } from './compile-app.ts';

const run = promisify(execFile);
const pathTo = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** The schema as it is reviewed: what callers see without a tenant of the ERP. */
const SCHEMA = pathTo('schema/gateway.graphql');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-relay-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the schema follows the rules of Relay for connections, edges, arguments and page info', async () => {
  const { stdout } = await run(process.execPath, [pathTo('test/relay/lint-schema.ts'), SCHEMA], {
    cwd: pathTo('.'),
    maxBuffer: 16_000_000,
  });

  expect(JSON.parse(stdout)).toEqual([]);
});

test('a Relay app with connections, refetchable fragments and store updates compiles, and its pages load by the ids of its documents', async () => {
  const artifacts = join(folder, 'src/__generated__');

  const names = await compileRelayApp(folder, await readFile(SCHEMA, 'utf8'));

  expect(names).toEqual(
    [
      'customerCardQuery',
      'customerCardRefetchQuery',
      'customerCard_customer',
      'customerListPageQuery',
      'customerListQuery',
      'customerList_company',
      'newCustomerDeleteMutation',
      'newCustomerMutation',
    ].map((name) => `${name}.graphql.ts`),
  );
  await using sandbox = await startSandbox({ customers: 30, companies: 1 });
  const documents = { files: [join(folder, 'documents.json')], required: true };
  await using gateway = await startTestGateway({ sandbox, edit: (file) => Object.assign(file, { documents }) });
  const ask = async (operation: string, variables: object) => {
    const documentId = await compiledId(artifacts, operation);
    const response = await gateway.post({ documentId, variables });
    const { data, errors } = (await response.json()) as Answer;
    expect(errors).toBeUndefined();
    return data;
  };
  const first = await ask('customerListQuery', {});
  const { id } = first.sage200;
  const page = first.sage200.customers;
  const next = await ask('customerListPageQuery', { id, count: 100, cursor: page.pageInfo.endCursor });
  const [{ node }] = page.edges;
  const card = await ask('customerCardRefetchQuery', { id: node.id });

  const references = [...page.edges, ...next.node.customers.edges].map(({ node: { reference } }) => reference);
  expect(page.edges).toHaveLength(20);
  expect(references).toHaveLength(30);
  expect(new Set(references).size).toBe(30);
  expect(card.node).toMatchObject({ id: node.id, reference: node.reference });
});

/** The id that Relay's network layer would send. */
async function compiledId(artifacts: string, operation: string): Promise<string> {
  const source = await readFile(join(artifacts, `${operation}.graphql.ts`), 'utf8');
  return JSON.parse(/^\s*"id": ("\w+"),$/m.exec(source)?.[1] ?? '""');
}

test('every type and every root field has a description', async () => {
  const schema = buildSchema(await readFile(SCHEMA, 'utf8'));
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );
  const roots = ['Query', 'Mutation', 'Gateway', 'Sage200', 'Sage200Mutation'].map((name) => schema.getType(name));
  const fields = roots.flatMap((type) =>
    isObjectType(type)
      ? Object.values(type.getFields()).map(({ name, description }) => ({ name: `${type.name}.${name}`, description }))
      : [],
  );

  const bare = [...types, ...fields].filter(({ description }) => !description).map(({ name }) => name);

  expect(types.length).toBeGreaterThan(1_000);
  expect(bare).toEqual([]);
});
