import { describe, expect, test } from 'vitest';
import { type Evidence, judge, type Presentation } from './judge.ts';
import { searchMarkers } from './marker-search.ts';

// The soak is worth what its judge and its search are: here each of them is shown what it must not let pass.

const OPAQUE = 'Rt8k2_pQvX7mZ4nL1sWd9cYbA3eHfJ6u';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';

describe('the search finds a secret', () => {
  const secrets = new Map([
    ['refresh token', OPAQUE],
    ['access token', JWT],
    ['customer', 'Müller & Söhne "GmbH"'],
  ]);
  const inBase64 = (text: string, encoding: 'base64' | 'base64url' = 'base64') => Buffer.from(text).toString(encoding);

  test.each([
    ['as it is', 'refresh token', `{"token":"${OPAQUE}"}`],
    ['at the very end', 'refresh token', `token ${OPAQUE}`],
    ['cut at its end', 'refresh token', `token ${OPAQUE.slice(0, 22)}…`],
    ['cut at its beginning', 'refresh token', `…${OPAQUE.slice(-22)}`],
    ['as the signature of a JWT', 'access token', `signature ${JWT.split('.')[2]}`],
    ['in an address', 'customer', `/customers?$filter=name eq '${encodeURIComponent('Müller & Söhne "GmbH"')}'`],
    ['in JSON', 'customer', JSON.stringify({ name: 'Müller & Söhne "GmbH"' })],
    ['in hex', 'refresh token', Buffer.from(`x${OPAQUE}y`).toString('hex')],
    ...['', 'a', 'ab', 'abc'].flatMap((before): [string, string, string][] => [
      [`in base64 after "${before}"`, 'refresh token', inBase64(`${before}${OPAQUE}:more`)],
      [`in base64url after "${before}"`, 'access token', inBase64(`${before}${JWT}?more`, 'base64url')],
    ]),
  ])('%s', (_, secret, text) => {
    const found = searchMarkers([{ name: 'log', text }], secrets);

    expect(found.map((finding) => [finding.secret, finding.place])).toContainEqual([secret, 'log']);
    // A finding may be printed: it names the secret and does not repeat it.
    expect(JSON.stringify(found)).not.toContain(OPAQUE.slice(0, 8));
  });

  test('and nothing where there is none', () => {
    const text = `{"caller":"key:caller","token":"[secret]","other":"eyJhbGciOiJSUzI1NiJ9.e30.x"} ${OPAQUE.slice(0, 12)}`;

    expect(searchMarkers([{ name: 'log', text }], secrets)).toEqual([]);
  });
});

const sent = (by: string, at: number, changes: Partial<Presentation> = {}): Presentation => ({
  token: 'T1',
  by,
  at,
  isStored: true,
  status: 200,
  answeredAt: at + 150,
  lostAt: undefined,
  ...changes,
});
const refused = { status: 403 };
const lost = (at: number) => ({ answeredAt: undefined, lostAt: at });
const kill = (process: string, at: number) => ({ process, at, deadAt: at + 5 });
const consent = { token: 'T1', signedInAt: 5_000 };

const judged = (evidence: Partial<Evidence>) =>
  judge({ presentations: [], kills: [], consents: [], stalls: [], failures: [], ...evidence });

describe('the judge condemns', () => {
  test.each<[string, Partial<Evidence>]>([
    ['a token sent again by a process that lives', { presentations: [sent('a', 0), sent('b', 200)] }],
    ['a token sent again by the same process after its answer', { presentations: [sent('a', 0), sent('a', 200)] }],
    [
      'a token sent again after a kill, but over a newer one that was written',
      { presentations: [sent('a', 0), sent('b', 4_000, { isStored: false })], kills: [kill('a', 900)] },
    ],
    [
      'a token sent again after the kill of somebody else',
      { presentations: [sent('a', 0), sent('b', 4_000)], kills: [kill('c', 50)] },
    ],
    [
      'a token sent again before its sender was killed',
      { presentations: [sent('a', 0), sent('b', 200)], kills: [kill('a', 1_000)] },
    ],
    [
      'a token sent again by another one after a lost answer',
      { presentations: [sent('a', 0, lost(100)), sent('b', 200)] },
    ],
    [
      'a second retry after a lost answer',
      { presentations: [sent('a', 0, lost(100)), sent('a', 300, lost(400)), sent('a', 600)] },
    ],
    ['a late retry after a lost answer', { presentations: [sent('a', 0, lost(100)), sent('a', 3_000)] }],
    ['a token sent again after it was refused', { presentations: [sent('a', 0, refused), sent('b', 500, refused)] }],
    ['a lost sign-in without a kill', { presentations: [sent('a', 0, refused)], consents: [consent] }],
    [
      'a lost sign-in with a kill elsewhere',
      { presentations: [sent('a', 0, refused)], kills: [kill('b', 10)], consents: [consent] },
    ],
    [
      'a lost sign-in after a lost answer',
      { presentations: [sent('a', 0, lost(100)), sent('a', 300, refused)], consents: [consent] },
    ],
    [
      'a lost sign-in although the killed one got no new pair',
      {
        presentations: [sent('a', 0, { status: 503, ...lost(100) }), sent('b', 4_000, refused)],
        kills: [kill('a', 50)],
        consents: [consent],
      },
    ],
    ['a caller told to sign in while nobody had to', { failures: [{ code: 'NEEDS_CONSENT', from: 0, to: 10 }] }],
    [
      'a caller told to sign in after the sign-in',
      {
        presentations: [sent('a', 0), sent('b', 4_000, refused)],
        kills: [kill('a', 50)],
        consents: [consent],
        failures: [{ code: 'NEEDS_CONSENT', from: 5_001, to: 5_010 }],
      },
    ],
    ['a caller who waited for nothing', { failures: [{ code: 'UPSTREAM_TIMEOUT', from: 0, to: 20_000 }] }],
    [
      'a caller who waited beyond the end of a stall',
      { stalls: [{ from: 0, to: 5_000 }], failures: [{ code: 'UPSTREAM_TIMEOUT', from: 0, to: 20_000 }] },
    ],
    [
      'any other failure, stall or not',
      { stalls: [{ from: 0, to: 5_000 }], failures: [{ code: 'UPSTREAM_UNAVAILABLE', from: 10, to: 20 }] },
    ],
    ['a gateway that lives and gives no answer', { failures: [{ code: 'NO_ANSWER', from: 0, to: 10 }] }],
  ])('%s', (_, evidence) => {
    expect(judged(evidence).broken).toHaveLength(1);
  });
});

describe('the judge accepts, and counts', () => {
  const afterKill = {
    presentations: [sent('a', 0, lost(60)), sent('b', 4_000, refused)],
    kills: [kill('a', 50)],
    consents: [consent],
  };

  test('a token sent again, and a sign-in lost, after a kill between sending and writing', () => {
    const failures = [
      { code: 'NEEDS_CONSENT', from: 4_100, to: 4_200 },
      { code: 'UPSTREAM_TIMEOUT', from: 10, to: 4_100 },
    ];
    const verdict = judged({ ...afterKill, stalls: [{ from: 50, to: 5_000 }], failures });

    expect(verdict).toEqual({
      sentAgainAfterKill: 1,
      promptRetries: 0,
      sentAgainOtherwise: 0,
      forcedAfterKill: 1,
      forcedOtherwise: 0,
      failuresByKill: { NEEDS_CONSENT: 1, UPSTREAM_TIMEOUT: 1 },
      broken: [],
    });
  });

  test('the same if its successor was killed too', () => {
    const presentations = [sent('a', 0), sent('b', 4_000, refused), sent('c', 4_900, refused)];

    expect(judged({ ...afterKill, presentations, kills: [kill('a', 50), kill('b', 4_100)] })).toMatchObject({
      sentAgainAfterKill: 2,
      forcedAfterKill: 1,
      broken: [],
    });
  });

  test('the one prompt retry after a lost answer, and a token that a broken Sage ID did not rotate', () => {
    const presentations = [
      sent('a', 0, lost(100)),
      sent('a', 300),
      sent('a', 2_000, { token: 'T2', status: 503 }),
      sent('b', 3_000, { token: 'T2' }),
    ];

    expect(judged({ presentations })).toMatchObject({ promptRetries: 1, sentAgainAfterKill: 0, broken: [] });
  });
});
