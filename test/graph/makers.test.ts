import fc from 'fast-check';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { inTurns, timesOf } from '../support/in-turns.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';
import type { CorpusDocument } from './corpus-documents.ts';
import { comparable, directSender, type Sender, withoutLimits } from './direct-and-through.ts';
import { documentsOf } from './generate-document.ts';
import { anyTypesValue } from './generate-value.ts';
import { MAKER_NAMES, type Makers, startMakers } from './makers.ts';
import { oddSchema } from './odd-tenant.ts';

/** Documents for each server, each of them with and without a `__typename` at the root. */
const RUNS = timesOf('MAKERS_RUNS', 20);
const AT_ONCE = 8;
const TIMES = 3;

const schema = oddSchema();
let sandbox: Sandbox;
let makers: Makers;
let gateway: TestGateway;

beforeAll(async () => {
  [sandbox, makers] = await Promise.all([startSandbox({ customers: 2 }), startMakers(schema)]);
  gateway = await startTestGateway({
    sandbox,
    logLevel: 'silent',
    edit: (file) => {
      withoutLimits(file);
      const tenants = MAKER_NAMES.map((name) => ({ ...makers.access[name], name, allowedHosts: ['127.0.0.1'] }));
      file['erp'] = { ...file['erp'], tenants };
      file['callers'] = { anonymous: { connection: 'sandbox', tenants: MAKER_NAMES, readOnly: false } };
    },
  });
  await warmUp(gateway, { 'x-tenant': MAKER_NAMES[0] ?? '' });
});

afterAll(async () => {
  await gateway.close();
  await Promise.all([sandbox.close(), makers[Symbol.asyncDispose]()]);
});

/** As a code generator sends it. */
function withTypename(document: CorpusDocument): CorpusDocument {
  const { source } = document;
  const [operation] = parse(source).definitions.filter((each) => each.kind === 'OperationDefinition');
  const at = (operation?.selectionSet.loc?.start ?? 0) + 1;
  return { ...document, source: `${source.slice(0, at)} __typename ${source.slice(at)}` };
}

const throughText = (name: string) => async (document: CorpusDocument) => {
  const { source, variables, operationName } = document;
  return (await gateway.post({ query: source, variables, operationName }, { 'x-tenant': name })).text();
};

interface Difference {
  readonly document: CorpusDocument;
  readonly expected: unknown;
  readonly got: unknown;
}

async function compare(name: string, send: Sender, document: CorpusDocument): Promise<Difference | undefined> {
  const direct = await send(document);
  const expected = comparable(direct);
  const data = direct.data === undefined ? '' : `"data":${JSON.stringify(direct.data)}`;
  for (let time = 0; time < TIMES; time += 1) {
    const text = await throughText(name)(document);
    const got = comparable(JSON.parse(text));
    try {
      expect(got).toEqual(expected);
      expect(text).toContain(data);
    } catch {
      return { document, expected, got };
    }
  }
  return undefined;
}

describe.each(MAKER_NAMES)('a tenant on %s', (name) => {
  test(`answers ${RUNS} documents the same directly and through the gateway`, { timeout: RUNS * 1_000 }, async () => {
    const send = await directSender(makers.access[name] ?? Object.assign({}, makers.access['yoga']));
    const plain: CorpusDocument[] = fc.sample(documentsOf(schema, anyTypesValue), RUNS);
    const documents = plain.flatMap((each) => [each, withTypename(each)]);

    const found = await inTurns(documents.length, AT_ONCE, async (index) => {
      const document = documents[index];
      return document && compare(name, send, document);
    });

    expect(found.filter((each) => each !== undefined).slice(0, 3)).toEqual([]);
  });
});
