import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/kit/errors/index.ts';
import {
  afterAnswer,
  afterFailure,
  decideWait,
  isNews,
  type SchemaFacts,
  toStatus,
} from '../../../src/subschemas/erp/schema/schema-decision.ts';

const NOW = 1_000_000;
const ERROR = new GatewayError('UPSTREAM_UNAVAILABLE', 'The tenant is down.');
const PATIENCE = { patienceMs: 5_000, laterPatienceMs: 1_000 };
const PAUSES = { firstPauseMs: 250, maxPauseMs: 5_000 };
const NOTHING: SchemaFacts = {
  digest: undefined,
  confirmedAt: undefined,
  hasShown: false,
  failure: undefined,
  pauseMs: 0,
  loading: undefined,
};
const failedAgo = (ms: number) => ({ failure: { error: ERROR, at: NOW - ms }, pauseMs: 500 });

describe('a caller whose schema is not in memory', () => {
  test.each<[string, Partial<SchemaFacts>, object]>([
    ['waits long for the first attempt', {}, { do: 'wait', ms: 5_000 }],
    ['waits for what is left of one under way', { loading: { since: NOW - 4_000 } }, { do: 'wait', ms: 1_000 }],
    ['does not wait for one that hangs', { loading: { since: NOW - 6_000 } }, { do: 'wait', ms: -1_000 }],
    ['fails at once just after a failure', failedAgo(499), { do: 'fail', error: ERROR }],
    ['waits for a further attempt when its pause is over, but not as long', failedAgo(500), { do: 'wait', ms: 1_000 }],
    [
      'waits for a further attempt that is under way, whatever the pause',
      { ...failedAgo(10), loading: { since: NOW - 400 } },
      { do: 'wait', ms: 600 },
    ],
  ])('%s', (_, facts, action) => {
    expect(decideWait({ ...NOTHING, ...facts }, PATIENCE, NOW)).toEqual(action);
  });
});

test('pauses after failures double up to a maximum, and an answer ends them', () => {
  const pauses: number[] = [];
  let facts = NOTHING;
  for (let failures = 0; failures < 7; failures++) {
    facts = { ...facts, ...afterFailure(facts, ERROR, PAUSES, NOW) };
    pauses.push(facts.pauseMs);
  }

  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  expect({ ...facts, ...afterAnswer(NOW) }).toEqual({ ...NOTHING, confirmedAt: NOW, hasShown: true });
});

test.each<[string, string | undefined, string, number | undefined, boolean]>([
  ['another digest', 'a', 'b', undefined, true],
  ['the same digest', 'a', 'a', undefined, false],
  ['a digest for a tenant without a schema, which asks anyway', undefined, 'b', undefined, false],
  ['another digest just after somebody looked', 'a', 'b', NOW - 9_999, false],
  ['another digest a while after somebody looked', 'a', 'b', NOW - 10_000, true],
])("another process's news: %s", (_, digest, found, lookedAt, isWorthIt) => {
  expect(isNews({ ...NOTHING, digest }, found, lookedAt, NOW)).toBe(isWorthIt);
});

test.each<[string, Partial<SchemaFacts>]>([
  ['unknown', {}],
  ['loading', { loading: { since: NOW } }],
  ['loading', { loading: { since: NOW }, ...failedAgo(1) }],
  ['unavailable', failedAgo(1)],
  ['stale', { digest: 'a', confirmedAt: 1 }],
  ['stale', { digest: 'a', hasShown: true, ...failedAgo(1) }],
  ['ready', { digest: 'a', hasShown: true }],
  ['ready', { digest: 'a', hasShown: true, loading: { since: NOW } }],
])('a schema is %s', (state, facts) => {
  expect(toStatus({ ...NOTHING, ...facts })).toMatchObject({ state, digest: facts.digest });
});
