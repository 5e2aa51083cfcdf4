import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';
import { type CorpusDocument, READING, WRITING, WRONG } from './corpus-documents.ts';
import {
  type Answer,
  accessOf,
  comparable,
  directSender,
  type Sender,
  throughSender,
  withoutLimits,
} from './direct-and-through.ts';

/** Two of the same: what is written through the gateway is written to the other one directly. */
let direct: Sandbox;
let behind: Sandbox;
let gateway: TestGateway;
let send: Sender;
let through: Sender;

beforeAll(async () => {
  [direct, behind] = await Promise.all([startSandbox({ customers: 40 }), startSandbox({ customers: 40 })]);
  gateway = await startTestGateway({
    sandbox: behind,
    edit: withoutLimits,
  });
  await warmUp(gateway);
  send = await directSender(accessOf(direct));
  through = throughSender(gateway);
});

afterAll(async () => {
  await gateway.close();
  await Promise.all([direct.close(), behind.close()]);
});

const named = (documents: readonly CorpusDocument[]) => documents.map((each) => [each.name, each] as const);

test('the corpus has a document for each feature', () => {
  expect(READING.length + WRITING.length + WRONG.length).toBeGreaterThanOrEqual(150);
});

describe('sent directly and through the gateway: the same data, the same errors', () => {
  test.each(named(READING))('reading: %s', async (_name, document) => {
    expect(comparable(await through(document))).toEqual(comparable(await send(document)));
  });

  test.each(named(WRONG))('a fault: %s', async (_name, document) => {
    const answer = await through(document);

    expect(comparable(answer)).toEqual(comparable(await send(document)));
    expect(answer.errors?.every(({ extensions }) => extensions?.['code'] && extensions['source'])).toBe(true);
  });

  test.each(named(WRITING))('writing: %s', async (_name, document) => {
    expect(comparable(await through(document))).toEqual(comparable(await send(document)));
  });
});

describe('beside a field of Sage 200', () => {
  const beside = (document: CorpusDocument): CorpusDocument => ({
    ...document,
    source: document.source.replace(/\{/, '{ ours: sage200 { id } '),
  });
  const canStandBeside = ({ source, operationName }: CorpusDocument) =>
    /^\s*(query[^{]*)?\{/.test(source) &&
    operationName === undefined &&
    !/^query[^{]*=[^{]*\{[^}]*\}\s*\)/.test(source);

  test.each(named(READING.filter(canStandBeside)))('%s', async (_name, document) => {
    const alone = await send(document);
    if (!alone.data) return;

    const { data, errors, extensions } = await through(beside(document));

    const { ours, ...theirs } = data ?? {};
    expect(ours).toEqual({ id: expect.any(String) });
    expect(theirs).toEqual(alone.data);
    const told = (all: Answer['errors']) => all?.map(({ message, path }) => ({ message, path }));
    expect(told(errors)).toEqual(told(alone.errors));
    expect(extensions).toEqual(alone.extensions);
  });
});
