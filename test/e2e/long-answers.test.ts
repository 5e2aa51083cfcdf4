import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { speak } from '../support/raw-http.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

/** Answers of some twenty kilobytes, each of a plan: such are put together in memory that the next one takes as well. */
const DOCUMENTS = ['reference name', 'name reference'].map(
  (fields) => `{ sage200 { customers(first: 100) { nodes { id ${fields} shortName creditLimit balance } } } }`,
);

let sandbox: Sandbox;
let gateway: TestGateway;
let expected: readonly string[];

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 120 });
  gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
  for (let times = 0; times < 2; times += 1) expected = await Promise.all(DOCUMENTS.map(bodyOf));
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const bodyOf = async (query: string): Promise<string> => (await gateway.post({ query })).text();

/** The same as bytes on the wire. */
function requestOf(query: string): string {
  const body = JSON.stringify({ query });
  const head = ['POST /graphql HTTP/1.1', `Host: ${new URL(gateway.url).host}`, 'Content-Type: application/json'];
  return [...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

const textOf = ({ body }: { readonly body: string }): string => Buffer.from(body, 'latin1').toString();

test('the tested answers are long and different', () => {
  for (const body of expected) {
    expect(body.length).toBeGreaterThan(8 * 1024);
    expect(body.length).toBeLessThan(32 * 1024);
  }
  expect(new Set(expected).size).toBe(2);
});

test('answers that wait for an earlier one on their connection keep their bytes', async () => {
  const queries = Array.from({ length: 40 }, (_, index) => DOCUMENTS[index % 2] ?? '');

  const answers = await speak(Number(new URL(gateway.url).port), {
    parts: [queries.map(requestOf).join('')],
    answers: queries.length,
  });

  expect(answers.map(textOf)).toEqual(queries.map((query) => expected[DOCUMENTS.indexOf(query)]));
});
