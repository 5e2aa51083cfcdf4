import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differenceOf } from './compare.ts';
import { explore } from './operations/explore.ts';
import { type Case, generateCase } from './operations/generate-case.ts';
import { type Pair, startPair } from './pair.ts';
import { toRequest } from './run-case.ts';

const OPERATIONS = 60;
const ROUNDS = 4;

let pair: Pair;
let cases: readonly Case[];

beforeAll(async () => {
  pair = await startPair();
  const world = await explore(pair);
  const generated = fc.sample(fc.noBias(fc.nat(2 ** 31)), OPERATIONS * 3).map((number) => generateCase(number, world));
  // One operation with different values and callers at once is where plans could mix something up.
  cases = generated
    .map((each) => ({ ...each, behaviour: {} }))
    .filter(({ source }) => !source.startsWith('mutation'))
    .flatMap((each) => [each, ...each.again.map((again) => ({ ...each, ...again, behaviour: {}, again: [] }))])
    .slice(0, OPERATIONS);
});

afterAll(async () => {
  await pair?.[Symbol.asyncDispose]();
});

test(`${OPERATIONS} planned operations at the same moment are answered as each is alone`, async () => {
  const requests = cases.map((each) => toRequest(each, pair));
  const alone = [];
  for (const request of requests) {
    alone.push(await pair.general.send(request));
    for (let times = 0; times < 2; times += 1) await pair.planned.send(request);
  }

  const different: unknown[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const together = await Promise.all(requests.map((request) => pair.planned.ask(request)));
    for (const [index, answer] of together.entries()) {
      const expected = alone[index];
      if (!expected) continue;
      // Logs and upstreams are those of all together.
      const difference = differenceOf({ ...answer, log: [], upstream: [] }, { ...expected, log: [], upstream: [] });
      if (difference) different.push({ case: cases[index], difference });
    }
  }

  expect(different).toEqual([]);
});
