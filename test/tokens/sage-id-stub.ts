import { setTimeout as pause } from 'node:timers/promises';
import { type StubAnswer, type StubRequest, startStubServer } from './stub-server.ts';

/** What happens to one token request instead of a plain answer. */
export type Trouble =
  | 'cutBefore' // the connection breaks and nothing was rotated
  | 'cutAfter' // rotated, and the answer is lost
  | { readonly answer: Exclude<StubAnswer, 'cut'> }
  | { readonly change: (answer: Record<string, unknown>) => Record<string, unknown> };

export interface SageIdStubOptions {
  /** First part of every token, so that a search finds them all. @default 'tok' */
  readonly marker?: string;
  readonly expiresIn?: unknown;
  /** How long it takes over each answer; what has to wait for something else is held instead. */
  readonly delayMs?: number;
  /** The token before the current one may be used again, as some issuers allow for seconds. */
  readonly overlap?: boolean;
}

interface StubState {
  refreshToken: string;
  dead: boolean;
  count: number;
  running: number;
  overlapped: boolean;
}

/** Refresh tokens that rotate; one used twice ends the family, as Auth0 does it. */
export async function startSageIdStub(options: SageIdStubOptions = {}) {
  const { marker = 'tok', overlap = false, delayMs = 5 } = options;
  const troubles: Trouble[] = [];
  const spent: string[] = [];
  let held: Promise<void> | undefined;
  const state: StubState = { refreshToken: `${marker}-rt-0`, dead: false, count: 0, running: 0, overlapped: false };

  const rotate = (presented: string | null): Exclude<StubAnswer, 'cut'> => {
    const inOverlap = overlap && presented === spent.at(-1);
    if (state.dead || (presented !== state.refreshToken && !inOverlap)) {
      state.dead = true;
      return {
        status: 403,
        body: { error: 'invalid_grant', error_description: `Unknown or invalid refresh token. ${presented}` },
      };
    }
    state.count += 1;
    spent.push(state.refreshToken);
    state.refreshToken = `${marker}-rt-${state.count}`;
    const body = {
      access_token: `${marker}-at-${state.count}`,
      refresh_token: state.refreshToken,
      token_type: 'Bearer',
      scope: 'openid offline_access',
      ...(options.expiresIn === undefined ? { expires_in: 28_800 } : { expires_in: options.expiresIn }),
    };
    return { body };
  };

  const answer = async ({ body, headers }: StubRequest): Promise<StubAnswer> => {
    state.running += 1;
    if (state.running > 1) state.overlapped = true;
    await pause(delayMs);
    await held;
    state.running -= 1;
    const trouble = troubles.shift();
    if (trouble === 'cutBefore') return 'cut';
    if (typeof trouble === 'object' && 'answer' in trouble) return trouble.answer;
    const form = headers['content-type']?.includes('json')
      ? new URLSearchParams(JSON.parse(body) as Record<string, string>)
      : new URLSearchParams(body);
    if (form.get('grant_type') !== 'refresh_token') {
      return {
        body: { access_token: `${marker}-machine-${form.get('audience')}`, expires_in: 28_800, token_type: 'Bearer' },
      };
    }
    const result = rotate(form.get('refresh_token'));
    if (trouble === 'cutAfter') return 'cut';
    if (trouble && typeof result.body === 'object') return { body: trouble.change({ ...result.body }) };
    return result;
  };

  const server = await startStubServer(answer);
  return {
    ...server,
    tokenUrl: `${server.url}/oauth/token`,
    state,
    /** Refresh tokens in the order they were presented. */
    presented: () => server.requests.map(({ body }) => new URLSearchParams(body).get('refresh_token')),
    /** Answers nobody until what it returns is called. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
    troubleNext: (...next: Trouble[]) => troubles.push(...next),
  };
}
