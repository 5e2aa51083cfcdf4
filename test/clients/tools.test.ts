import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gql } from '@apollo/client';
import { type CodegenConfig, generate } from '@graphql-codegen/cli';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import {
  buildClientSchema,
  buildSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from 'graphql';
import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { createClient } from '../../examples/apollo-client.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { compileRelayApp } from '../relay/compile-app.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 1 });
  gateway = await startTestGateway({ sandbox });
});

afterAll(async () => {
  await gateway?.close();
  await sandbox?.close();
});

async function introspect(options: Parameters<typeof getIntrospectionQuery>[0]): Promise<GraphQLSchema> {
  const { data, errors } = await gateway.query(getIntrospectionQuery(options));
  expect(errors).toBeUndefined();
  return buildClientSchema(data);
}

const EVERYTHING = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};
const sorted = (schema: GraphQLSchema) => printSchema(lexicographicSortSchema(schema));

test('GraphQL over HTTP passes all 61 audits of graphql-http', async () => {
  const results = await auditServer({ url: `${gateway.url}/graphql`, fetchFn: fetch });

  expect(results).toHaveLength(61);
  expect(results.filter(({ status }) => status !== 'ok')).toEqual([]);
});

describe('the schema', () => {
  test.each(Object.keys(EVERYTHING))('is introspected with and without the option %s', async (option) => {
    const without = await introspect({ ...EVERYTHING, [option]: false });

    expect(validateSchema(without)).toEqual([]);
  });

  test('is the same by introspection, as /schema.json and as /schema.graphql', async () => {
    const [introspected, json, sdl] = await Promise.all([
      introspect(EVERYTHING),
      fetch(`${gateway.url}/schema.json`).then(async (answer) => buildClientSchema((await answer.json()) as never)),
      fetch(`${gateway.url}/schema.graphql`).then(async (answer) => buildSchema(await answer.text())),
    ]);

    expect(validateSchema(sdl)).toEqual([]);
    expect(sorted(sdl) === sorted(introspected)).toBe(true);
    expect(sorted(json) === sorted(introspected)).toBe(true);
    expect(introspected.getQueryType()?.getFields()).toMatchObject({ sage200: {}, xtremMasterData: {}, node: {} });
  });

  test('has no change against itself in graphql-inspector, and a removed field is a breaking change', async () => {
    const schema = await introspect(EVERYTHING);
    const sdl = printSchema(schema);
    // With what is said of it.
    const field = /^ {2}"""(?:(?!""")[\s\S])*"""\n {2}companyName: String\n/m;
    const reduced = buildSchema(sdl.replace(field, ''));

    const same = await diff(schema, buildSchema(sdl));
    const changes = await diff(schema, reduced);

    expect(same).toEqual([]);
    expect(changes).toMatchObject([
      { type: 'FIELD_REMOVED', criticality: { level: CriticalityLevel.Breaking }, path: expect.any(String) },
    ]);
  });
});

describe('codegen', () => {
  test('`npm run codegen` writes what is in git', async () => {
    const config = parseYaml(await readFile(join(ROOT, 'codegen.yml'), 'utf8')) as CodegenConfig;
    const documents = config.generates['test/generated/'];
    // A running endpoint is at hand: no need to start another one.
    const generates = {
      ...config.generates,
      'test/generated/': { ...documents, schema: `${gateway.url}/graphql` },
    } as CodegenConfig['generates'];

    const files = await generate({ ...config, generates, cwd: ROOT, silent: true }, false);

    const stale: string[] = [];
    for (const { filename, content } of files) {
      const kept = await readFile(join(ROOT, filename), 'utf8').catch(() => '');
      if (kept !== content) stale.push(filename);
    }
    expect(files.length).toBeGreaterThan(2);
    expect(stale, 'run `npm run codegen`').toEqual([]);
  });

  test('types generated from the whole schema are valid TypeScript', async () => {
    // Inside the project, so that its packages are found.
    const folder = await mkdtemp(join(ROOT, 'test/clients/.types-'));
    try {
      const [file] = await generate(
        {
          schema: `${gateway.url}/graphql`,
          silent: true,
          generates: {
            'schema.ts': { plugins: ['typescript', 'typescript-resolvers'], config: { useTypeImports: true } },
          },
        },
        false,
      );
      await writeFile(join(folder, 'schema.ts'), file?.content ?? '');

      const check = await compile(join(folder, 'schema.ts'));

      expect(file?.content).toContain('export type Sage200Customer = ');
      expect(file?.content).toContain('XtremMasterDataQuery');
      expect(check).toBe('');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('relay-compiler takes the schema with the tenant’s types in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-relay-'));
  try {
    const artifacts = await compileRelayApp(folder, await (await fetch(`${gateway.url}/schema.graphql`)).text());

    expect(artifacts).toContain('customerListPageQuery.graphql.ts');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the devtools of Apollo Client get the schema through the page’s own client', async () => {
  const { data, error } = await createClient({ uri: `${gateway.url}/graphql` }).query({
    query: gql(getIntrospectionQuery()),
    fetchPolicy: 'no-cache',
  });

  expect(error).toBeUndefined();
  const schema = buildClientSchema(data as IntrospectionQuery);
  expect(validateSchema(schema)).toEqual([]);
  expect(schema.getType('SalesOrder')).toBeDefined();
  expect(schema.getType('Sage200Customer')).toBeDefined();
});

/** What the compiler complains about. */
async function compile(file: string): Promise<string> {
  const options = '--ignoreConfig --noEmit --strict --module nodenext --target es2024 --skipLibCheck'.split(' ');
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [tsc, ...options, file]);
    return '';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? error);
  }
}
