import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import type { StoredConnection } from '../../src/tokens/index.ts';
import {
  decideRenewal,
  decideWait,
  isDeadAfter,
  type RenewalState,
  stateAfterFailure,
} from '../../src/tokens/renewal-decision.ts';

const NOW = 1_000_000;
const OLD = { value: new Secret('old'), issuedAt: 0, expiresAt: NOW + 1 };
const NEW = { value: new Secret('new'), issuedAt: NOW - 1, expiresAt: NOW + 1 };
const SPENT = { ...NEW, expiresAt: NOW };

const ROW: StoredConnection = {
  name: 'finance',
  subject: 'auth0|jane',
  consent: 7,
  scope: undefined,
  state: 'connected',
  consentedAt: 0,
  refreshExpiresAt: NOW * 2,
  issuedAt: 0,
  expiresAt: OLD.expiresAt,
  lastError: undefined,
  accessToken: OLD,
  refreshToken: new Secret('refresh'),
  generation: 3,
  pausedMs: 0,
  abandonedBy: undefined,
  unreadable: [],
};
const STATE: RenewalState = {
  consent: { number: 7, subject: 'auth0|jane' },
  row: ROW,
  stale: OLD,
  deadGeneration: undefined,
  waitedFor: undefined,
  clockToleranceMs: 0,
};
const row = (changes: Partial<StoredConnection>): Partial<RenewalState> => ({ row: { ...ROW, ...changes } });

describe('what to do with a connection that needs a new token', () => {
  test.each<[string, Partial<RenewalState>, object]>([
    ['nothing is stored', { row: undefined }, { do: 'refuse', why: 'ended' }],
    ['another consent of the same person is stored', row({ consent: 8 }), { do: 'refuse', why: 'replaced' }],
    ["another person's consent is stored", row({ subject: 'auth0|joe' }), { do: 'refuse', why: 'replaced' }],
    [
      "another person's consent with a newer token is stored",
      row({ subject: 'auth0|joe', accessToken: NEW }),
      { do: 'refuse', why: 'replaced' },
    ],
    [
      'the row cannot be believed, whatever it holds',
      row({ consent: undefined, accessToken: NEW }),
      { do: 'refuse', why: 'needsPerson' },
    ],
    ['another process has a newer token', row({ accessToken: NEW }), { do: 'use', token: { ...NEW, isStored: true } }],
    [
      'another process has a newer token, although the person is needed for the next',
      row({ accessToken: NEW, state: 'needs_consent' }),
      { do: 'use', token: { ...NEW, isStored: true } },
    ],
    ['no token is known to be stale', { stale: undefined }, { do: 'use', token: { ...OLD, isStored: true } }],
    ['the newer token is spent', row({ accessToken: SPENT }), { do: 'renew' }],
    [
      'a clock that is three seconds behind gave it out just now, for two',
      { ...row({ accessToken: { ...NEW, issuedAt: NOW - 3_000, expiresAt: NOW - 1_000 } }), clockToleranceMs: 30_000 },
      { do: 'use', token: { ...NEW, issuedAt: NOW, expiresAt: NOW + 2_000, isStored: true } },
    ],
    [
      'it was given out long ago, and ends within what clocks may be apart',
      {
        ...row({ accessToken: { ...NEW, issuedAt: NOW - 3_600_000, expiresAt: NOW + 20_000 } }),
        clockToleranceMs: 30_000,
      },
      { do: 'renew' },
    ],
    ['the stored token is the stale one', {}, { do: 'renew' }],
    ['there is no access token yet', row({ accessToken: undefined }), { do: 'renew' }],
    ['the person is needed', row({ state: 'needs_consent' }), { do: 'refuse', why: 'needsPerson' }],
    ['the refresh token cannot be read', row({ refreshToken: undefined }), { do: 'refuse', why: 'needsPerson' }],
    ['this generation is known to be dead', { deadGeneration: 3 }, { do: 'refuse', why: 'needsPerson' }],
    ['an earlier generation is known to be dead', { deadGeneration: 2 }, { do: 'renew' }],
    [
      'Sage ID asked another process for a pause',
      row({ pausedMs: 8_000, lastError: { code: 'RATE_LIMITED', at: NOW } }),
      { do: 'pause', ms: 8_000, code: 'RATE_LIMITED' },
    ],
    ['a lease was abandoned', row({ abandonedBy: 'a' }), { do: 'waitForOwner', owner: 'a' }],
    ['its owner had a moment', { ...row({ abandonedBy: 'a' }), waitedFor: 'a' }, { do: 'renew' }],
    [
      'another lease was abandoned since',
      { ...row({ abandonedBy: 'b' }), waitedFor: 'a' },
      { do: 'waitForOwner', owner: 'b' },
    ],
    [
      'a lease of a dead generation was abandoned',
      { ...row({ abandonedBy: 'a' }), deadGeneration: 3 },
      { do: 'refuse', why: 'needsPerson' },
    ],
  ])('%s', (_, changes, action) => {
    expect(decideRenewal({ ...STATE, ...changes }, NOW)).toMatchObject(action);
  });
});

describe('what to do while another process renews', () => {
  const failed = (code: 'UPSTREAM_UNAVAILABLE' | 'NEEDS_CONSENT', at: number) => ({ lastError: { code, at } });

  test.each<[string, StoredConnection | undefined, object]>([
    ['it is still at it', { ...ROW, state: 'renewing' }, { do: 'wait' }],
    [
      'it is at it again after a failure',
      { ...ROW, state: 'renewing', ...failed('UPSTREAM_UNAVAILABLE', 2) },
      { do: 'wait' },
    ],
    ['it has a new pair', { ...ROW, generation: 4 }, { do: 'readAgain' }],
    ['the connection is gone', undefined, { do: 'readAgain' }],
    ['its lease has run out', { ...ROW, abandonedBy: 'a' }, { do: 'readAgain' }],
    ['it failed', { ...ROW, ...failed('UPSTREAM_UNAVAILABLE', 2) }, { do: 'fail', code: 'UPSTREAM_UNAVAILABLE' }],
    ['the failure is an earlier one', { ...ROW, ...failed('UPSTREAM_UNAVAILABLE', 1) }, { do: 'readAgain' }],
    ['only the person helps', { ...ROW, state: 'needs_consent', ...failed('NEEDS_CONSENT', 2) }, { do: 'readAgain' }],
  ])('%s', (_, next, action) => {
    expect(decideWait({ ...ROW, ...failed('UPSTREAM_UNAVAILABLE', 1) }, next)).toEqual(action);
  });
});

describe('the result of a failed renewal', () => {
  test.each([
    ['invalidGrant', true],
    ['lostAnswer', true],
    ['lateAnswer', true],
    ['unreachable', false],
    ['temporary', false],
    ['late', false],
    ['rateLimited', false],
    ['refused', false],
  ] as const)('after %s the refresh token is dead: %s', (failure, isDead) => {
    expect(isDeadAfter({ failure })).toBe(isDead);
  });

  test.each([
    ['dead', OLD, { isDead: true, code: 'NEEDS_CONSENT' }, 'needs_consent'],
    ['the settings are wrong', OLD, { isDead: false, code: 'MISCONFIGURED' }, 'misconfigured'],
    ['a token is still good', OLD, { isDead: false, code: 'UPSTREAM_TIMEOUT' }, 'connected'],
    ['the token is spent', SPENT, { isDead: false, code: 'UPSTREAM_TIMEOUT' }, 'unavailable'],
    ['there is no token', undefined, { isDead: false, code: 'UPSTREAM_TIMEOUT' }, 'unavailable'],
  ] as const)('%s', (_, accessToken, failure, state) => {
    expect(stateAfterFailure({ accessToken }, failure, NOW)).toBe(state);
  });
});
