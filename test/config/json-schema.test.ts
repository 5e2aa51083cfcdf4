import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { z } from 'zod';
import { ConfigError, loadConfig, printConfigJsonSchema } from '../../src/config/index.ts';
import { KEY, load, messageOf, SUM } from './load.ts';

const root = new URL('../../', import.meta.url);
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');
const schema = z.fromJSONSchema(JSON.parse(textOf('schema/gateway-config.json')));

/** What an editor says of the file; undefined when nothing. */
const editorSays = (text: string) => schema.safeParse(parseYaml(text)).error?.issues;

/** What the gateway says of it, with every variable set. */
function loaderSays(text: string): string | undefined {
  const env = Object.fromEntries([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, setTo(name)]));
  try {
    loadConfig({ text, env });
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
const setTo = (name: string) =>
  name.endsWith('SHA256')
    ? 'a'.repeat(64)
    : name === 'GATEWAY_VAULT_KEY'
      ? Buffer.alloc(32, 7).toString('base64')
      : 'x';

/** Whole configurations and parts of one: the example, and what the pages show. */
const SHOWN = [
  ['examples/gateway.yaml', textOf('examples/gateway.yaml')],
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) =>
      [...textOf(`docs/${name}`).matchAll(/```yaml\n([\s\S]*?)```/g)].map(
        ([, text = ''], index) => [`docs/${name} ${index}`, text] as const,
      ),
    )
    .filter(([, text]) =>
      /^(server|vault|sageId|sage200|erp|network|callers|limits|links|log|events|documents):/m.test(text),
    ),
] as const;

test.each(SHOWN)('%s is accepted by editors and the gateway', (_name, text) => {
  expect({ editor: editorSays(text) }).toEqual({ editor: undefined });
});

test('the example is a complete configuration', () => {
  expect(loaderSays(textOf('examples/gateway.yaml'))).toBeUndefined();
});

test('with any setting empty or left out, editors accept what the gateway accepts', () => {
  const example = parseYaml(textOf('examples/gateway.yaml'));
  const disagreements: unknown[] = [];
  for (const path of pathsOf(example)) {
    for (const value of [null, undefined]) {
      const text = printYaml(withValue(example, path, value));
      if (loaderSays(text) === undefined && editorSays(text)) disagreements.push([path, value, editorSays(text)]);
    }
  }
  expect(disagreements).toEqual([]);
});

test('editors refuse unknown settings and values of a wrong kind', () => {
  expect(editorSays('sage2000: {}')).toBeDefined();
  expect(editorSays('server: { port: many }')).toBeDefined();
  expect(editorSays('server: { graphiql: { page: true } }')).toBeDefined();
  expect(editorSays('callers: { apiKeys: [{ name: shop }] }')).toBeDefined();
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const own = path.length === 0 ? [] : [path];
  return [
    ...own,
    ...members.flatMap(([key, member]) => pathsOf(member, [...path, Array.isArray(value) ? Number(key) : key])),
  ];
}

function withValue(value: unknown, [key, ...rest]: Path, replaced: unknown): unknown {
  if (key === undefined) return replaced;
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? withValue(item, rest, replaced) : item));
  return { ...(value as object), [key]: withValue((value as Record<string, unknown>)[key], rest, replaced) };
}

describe('what is published', () => {
  const published = () => readFileSync(new URL('../../schema/gateway-config.json', import.meta.url), 'utf8');

  test('schema/gateway-config.json is current (npm run schema writes it)', () => {
    expect(published()).toBe(printConfigJsonSchema());
  });

  test('every setting of it is described', () => {
    const nameless: string[] = [];
    const visit = (schema: unknown, path: string) => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [name, inner] of Object.entries(Reflect.get(schema, 'properties') ?? {})) {
        const described = typeof inner === 'object' && inner !== null && 'description' in inner;
        if (!described && !/companies\.(site|company)$/.test(`${path}.${name}`)) nameless.push(`${path}.${name}`);
        visit(inner, `${path}.${name}`);
      }
      visit(Reflect.get(schema, 'items'), path);
      for (const inner of Reflect.get(schema, 'anyOf') ?? []) visit(inner, path);
    };

    visit(JSON.parse(published()), '');

    expect(nameless).toEqual([]);
  });

  const example = readFileSync(new URL('../../examples/gateway.yaml', import.meta.url), 'utf8');
  const env = Object.fromEntries([...example.matchAll(/\$\{([A-Z0-9_]+)\}/g)].map(([, name = '']) => [name, 'value']));

  test('examples/gateway.yaml loads if its variables are set, and otherwise names them', () => {
    const config = load(example, { ...env, GATEWAY_VAULT_KEY: KEY, WEB_SHOP_KEY_SHA256: SUM });

    expect(config.callers.apiKeys[0]?.name).toBe('web-shop');
    expect(messageOf(example)).toContain('the environment variable WEB_SHOP_KEY_SHA256 is not set');
  });

  test('an editor accepts the example and refuses a misspelt key', async () => {
    const { parse } = await import('yaml');
    const schema = z.fromJSONSchema(JSON.parse(published()));
    const file: unknown = JSON.parse(JSON.stringify(parse(example)), (_key, value) =>
      value === null ? undefined : value,
    );

    expect(schema.safeParse(file).error?.issues).toBeUndefined();
    expect(schema.safeParse({ server: { prot: 1 } }).success).toBe(false);
    expect(schema.safeParse({ server: { port: 1 }, callers: { passThrough: false } }).error?.issues).toBeUndefined();
  });
});
