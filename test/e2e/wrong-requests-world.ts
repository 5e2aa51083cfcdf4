import { expect } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

export interface Asked extends Answer {
  readonly status: number;
  /** Of the answer, in characters. */
  readonly length: number;
  readonly text: string;
}

export const codesOf = ({ errors = [] }: Answer): string[] => [
  ...new Set(errors.map(({ extensions }) => String(extensions['code']))),
];

/** What holds for every wrong request, whatever is wrong with it. */
export function expectCheap(answer: Asked): void {
  expect(codesOf(answer)).not.toContain('INTERNAL');
  expect(answer.errors?.length ?? 0).toBeGreaterThan(0);
  expect(answer.errors?.length).toBeLessThanOrEqual(50);
  expect(answer.length).toBeLessThan(1_000_000);
  // A tenant's message is its own, and may tell more.
  for (const { message, extensions } of answer.errors ?? [])
    expect(message.length).toBeLessThanOrEqual(extensions['source'] === 'gateway' ? 1_200 : 16_384);
}

export const many = (count: number, make: (index: number) => string, between = ' '): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(between);

export const deep = (levels: number, open: string, inside: string, close: string): string =>
  open.repeat(levels) + inside + close.repeat(levels);

export const TENANT = 'xtremMasterData { customer { query(first: 1) { totalCount } } }';
export const FILTERED =
  'query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1) { nodes { id } } } }';
export const FILTERED_BESIDE = `query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1) { nodes { id } } } ${TENANT} }`;
export const unknownFields = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 1]));

export interface World extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly gateway: TestGateway;
  /** Sends a body as text, since some of it is too deep for JSON.stringify. */
  readonly post: (body: string) => Promise<Asked>;
  readonly ask: (query: string, variables?: object) => Promise<Asked>;
  /** The same from the first time on (not known yet), the second (compiled now) and the third. */
  readonly askOften: (query: string, variables?: object) => Promise<Asked>;
}

export async function startWorld(): Promise<World> {
  const sandbox = await startSandbox({ customers: 10 });
  const gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
  const post: World['post'] = async (body) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await response.text();
    return { status: response.status, length: text.length, text, ...(JSON.parse(text) as Answer) };
  };
  const ask: World['ask'] = (query, variables) => post(JSON.stringify({ query, variables }));
  return {
    sandbox,
    gateway,
    post,
    ask,
    async askOften(query, variables) {
      await ask(query, variables);
      await ask(query, variables);
      return ask(query, variables);
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await sandbox.close();
    },
  };
}
