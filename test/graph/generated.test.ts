import fc from 'fast-check';
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { inTurns, timesOf } from '../support/in-turns.ts';
import { startTestGateway, warmUp } from '../support/test-gateway.ts';
import type { CorpusDocument } from './corpus-documents.ts';
import {
  type Answer,
  accessOf,
  comparable,
  directSender,
  type Sender,
  type TenantAccess,
  throughSender,
  withoutLimits,
} from './direct-and-through.ts';
import { documentsOf, type MixedDocument, mixedDocumentsOf, type Part, sage200PartsOf } from './generate-document.ts';
import { anyTypesValue, type GiveValue } from './generate-value.ts';
import { startOddTenant } from './odd-tenant.ts';

/** Of the vendor's kind; a quarter of it of the other. */
const RUNS = timesOf('CORPUS_RUNS', 320);
const AT_ONCE = 16;
/** What is asked of Sage 200 beside them: so many different things, each asked alone once. */
const PARTS = 60;

interface World {
  readonly schema: GraphQLSchema;
  readonly send: Sender;
  readonly through: Sender;
  readonly parts: readonly Part[];
  /** What Sage 200 answers to a part alone, asked once. */
  readonly alone: (document: CorpusDocument) => Promise<Answer>;
}

const opened = new AsyncDisposableStack();
let vendors: World;
let odd: World;

beforeAll(async () => {
  const sandbox = opened.use(await startSandbox({ customers: 40 }));
  const oddTenant = opened.use(await startOddTenant());
  const start = async (access: TenantAccess): Promise<World> => {
    const gateway = opened.use(
      await startTestGateway({
        sandbox,
        logLevel: 'silent',
        edit: (file) => {
          withoutLimits(file);
          file['erp'] = { ...file['erp'], tenants: [{ ...access, name: 'acme' }] };
          file['callers'] = { anonymous: { connection: 'sandbox', tenants: ['acme'], readOnly: true } };
        },
      }),
    );
    await warmUp(gateway);
    const send = await directSender(access);
    const through = throughSender(gateway);
    const known = new Map<string, Promise<Answer>>();
    const introspect = async (ask: Sender) => {
      const { data } = await ask({ name: 'introspection', source: getIntrospectionQuery() });
      return buildClientSchema(data as unknown as IntrospectionQuery);
    };
    return {
      schema: await introspect(send),
      send,
      through,
      parts: sage200PartsOf(await introspect(through), PARTS),
      alone(document) {
        const answer = known.get(document.source) ?? through(document);
        known.set(document.source, answer);
        return answer;
      },
    };
  };
  vendors = await start(accessOf(sandbox));
  odd = await start(oddTenant.access);
});

afterAll(() => opened.disposeAsync());

/** Documents that came back another way through the gateway. Few, since one is enough to look at. */
async function differences<Made>(made: readonly Made[], compare: (each: Made) => Promise<Difference | undefined>) {
  const found = await inTurns(made.length, AT_ONCE, async (index) => {
    const each = made[index];
    return each && compare(each);
  });
  return found.filter((each) => each !== undefined).slice(0, 3);
}

interface Difference {
  readonly document: CorpusDocument;
  readonly expected: unknown;
  readonly got: unknown;
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Twice through the gateway, since what is asked again runs another way. */
async function twice<Found>(compare: () => Promise<Found | undefined>): Promise<Found | undefined> {
  return (await compare()) ?? (await compare());
}

async function compareAlone({ send, through }: World, document: CorpusDocument): Promise<Difference | undefined> {
  const expected = comparable(await send(document));
  return twice(async () => {
    const got = comparable(await through(document));
    return isSame(expected, got) ? undefined : { document, expected, got };
  });
}

/** The tenant's part as sent directly, ours as asked alone, the errors of both. */
async function compareMixed(
  { send, through, alone }: World,
  { theirs, ours, both }: MixedDocument,
): Promise<Difference | undefined> {
  const [fromTenant, fromUs] = await Promise.all([send(theirs), alone(ours)]);
  // A document that the tenant refuses as a whole has no parts.
  if (!fromTenant.data) return undefined;
  const told = (...answers: Answer[]) =>
    answers.flatMap(({ errors }) => (errors ?? []).map(({ message, path }) => JSON.stringify([path, message]))).sort();
  // A tenant of which nothing is left to ask is not asked.
  const warnings = Object.keys(fromTenant.data).length > 0 ? fromTenant.extensions : undefined;
  const expected = { ours: fromUs.data?.['ours'], rest: fromTenant.data, errors: told(fromTenant, fromUs), warnings };
  return twice(async () => {
    const together = await through(both);
    const { ours: mine, ...rest } = together.data ?? {};
    const got = { ours: mine, rest, errors: told(together), warnings: together.extensions };
    return isSame(expected, got) ? undefined : { document: both, expected, got };
  });
}

interface Kind {
  readonly name: string;
  readonly runs: number;
  readonly world: () => World;
  readonly values?: GiveValue;
}

const KINDS: readonly Kind[] = [
  { name: 'of the vendor’s kind', runs: RUNS, world: () => vendors },
  { name: 'with unions, lists of lists and enumerations', runs: RUNS / 4, world: () => odd, values: anyTypesValue },
];

describe.each(KINDS)('generated documents, $name', ({ runs, world, values }) => {
  test(`${runs} alone: the same as sent directly`, { timeout: runs * 200 }, async () => {
    const documents = fc.sample(documentsOf(world().schema, values), runs);

    expect(await differences(documents, (each) => compareAlone(world(), each))).toEqual([]);
  });

  test(`${runs} beside fields of Sage 200: the same as each side alone`, { timeout: runs * 200 }, async () => {
    const documents: MixedDocument[] = fc.sample(mixedDocumentsOf(world().schema, world().parts, values), runs);

    expect(await differences(documents, (each) => compareMixed(world(), each))).toEqual([]);
  });
});

test('they contain everything that a document can contain', async () => {
  const documents: MixedDocument[] = fc.sample(mixedDocumentsOf(odd.schema, odd.parts, anyTypesValue), 200);
  const answers = await inTurns(documents.length, AT_ONCE, async (index) => {
    const { theirs } = documents[index] ?? {};
    return theirs && odd.send(theirs);
  });

  const share = (count: number) => count / documents.length;
  const written = (pattern: RegExp) => share(documents.filter(({ both }) => pattern.test(both.source)).length);
  const isShared = ({ theirs, ours }: MixedDocument, name: string) =>
    [theirs, ours].every(({ variables = {} }) => name in variables);
  const shares = {
    'fragments of theirs': written(/\.\.\.T\d_F/),
    'fragments of the gateway': written(/\.\.\.OF/),
    'members of unions': written(/\.\.\. on Note/),
    'lists of lists': written(/\[\[/),
    'quoted members of enumerations': written(/"(light|dark)"/),
    'bare members of enumerations': written(/[[ ](light|dark)/),
    'directives with a variable of both sides': share(documents.filter((each) => isShared(each, 'no')).length),
    'arguments with a variable of both sides': share(documents.filter((each) => isShared(each, 'few')).length),
    'data in the answer': share(answers.filter((each) => JSON.stringify(each?.data ?? null).length > 100).length),
    'errors beside it': share(answers.filter((each) => each?.data && each.errors).length),
  };
  expect(Object.entries(shares).filter(([, value]) => value < 0.1)).toEqual([]);
});
