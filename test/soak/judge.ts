/** One sending of a refresh token to Sage ID, as the witness between saw it. Instants are epoch ms. */
export interface Presentation {
  readonly token: string;
  /** The process that sent it. */
  readonly by: string;
  readonly at: number;
  /** Whether the vault held this very token at that moment, so that no newer pair had been written. */
  readonly isStored: boolean;
  /** Of Sage ID's answer; undefined while there is none. */
  readonly status: number | undefined;
  /** When the answer had gone out whole; undefined when the sender was not there to take it. */
  readonly answeredAt: number | undefined;
  /** When the sender was found gone instead. */
  readonly lostAt: number | undefined;
}

export interface Kill {
  readonly process: string;
  readonly at: number;
  /** When it was gone for certain. */
  readonly deadAt: number;
}

/** The person had to sign in again. */
export interface ForcedConsent {
  /** The refresh token that was stored when the connection gave up. */
  readonly token: string;
  readonly signedInAt: number;
}

/** A time in which a killed process's lease kept the others from renewing. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

/** What a caller got instead of an answer. */
export interface Failure {
  readonly code: string;
  readonly from: number;
  readonly to: number;
}

export interface Evidence {
  /** In the order they were sent. */
  readonly presentations: readonly Presentation[];
  readonly kills: readonly Kill[];
  readonly consents: readonly ForcedConsent[];
  readonly stalls: readonly Stall[];
  readonly failures: readonly Failure[];
}

export interface Verdict {
  /** Tokens sent again, before anything newer was written, after their sender had been killed: nobody could know better. */
  readonly sentAgainAfterKill: number;
  /** The one prompt retry of a process whose answer was lost. */
  readonly promptRetries: number;
  /** All others: there may be none. */
  readonly sentAgainOtherwise: number;
  readonly forcedAfterKill: number;
  /** All others: there may be none. */
  readonly forcedOtherwise: number;
  /** Callers' failures while a kill made everybody wait or the person sign in again, by code. */
  readonly failuresByKill: Readonly<Record<string, number>>;
  /** What must not happen, in words. */
  readonly broken: readonly string[];
}

/** A lost answer is asked for again at once or never: issuers' overlaps are seconds. */
const PROMPT_MS = 2_000;
/**
 * A stall that ends with a sign-in is followed by the renewal of that, and by answers to all who waited; on a loaded
 * machine that takes its time. Somebody who was forgotten would wait many times longer.
 */
const AFTERMATH_MS = 3_000;

/**
 * Holds what happened against the rule: no refresh token is presented again once its answer had arrived (the one prompt
 * retry after a lost answer aside), and nobody has to sign in again but after a kill between sending and writing.
 */
export function judge(evidence: Evidence): Verdict {
  const { presentations, consents, stalls, failures } = evidence;
  const again = presentations.flatMap((later, index) => {
    const earlier = presentations.slice(0, index).filter(({ token }) => token === later.token);
    return earlier.length === 0 ? [] : [{ later, kind: kindOf(later, earlier, evidence) }];
  });
  const reuses = again.filter(({ kind }) => kind === 'broken');
  const explained = consents.filter((consent) => isAfterKill(consent, evidence));
  const windows = explained.map((consent) => ({
    from: sendingsOf(consent, presentations).at(-1)?.at ?? consent.signedInAt,
    to: consent.signedInAt,
  }));
  const isByKill = (failure: Failure): boolean => {
    if (failure.code === 'NEEDS_CONSENT') return windows.some((window) => meet(failure, window));
    if (failure.code !== 'UPSTREAM_TIMEOUT') return false;
    return [...stalls, ...windows].some((stall) => meet(failure, stall) && failure.to <= stall.to + AFTERMATH_MS);
  };
  const unforeseen = failures.filter((failure) => !isByKill(failure));
  const unexplained = consents.length - explained.length;
  return {
    sentAgainAfterKill: again.filter(({ kind }) => kind === 'afterKill').length,
    promptRetries: again.filter(({ kind }) => kind === 'promptRetry').length,
    sentAgainOtherwise: reuses.length,
    forcedAfterKill: explained.length,
    forcedOtherwise: unexplained,
    failuresByKill: countByCode(failures.filter(isByKill)),
    broken: [
      ...(reuses.length > 0
        ? [
            `${reuses.length} refresh tokens were presented again although their answer had arrived (${reuseIn(reuses[0]?.later, evidence)})`,
          ]
        : []),
      ...(unexplained > 0 ? [`${unexplained} sign-ins were lost without a kill between sending and writing`] : []),
      ...Object.entries(countByCode(unforeseen)).map(
        ([code, count]) => `${count} callers got ${code} for no kill's sake (${latenessOf(unforeseen, code, stalls)})`,
      ),
    ],
  };
}

type Kind = 'afterKill' | 'promptRetry' | 'unspent' | 'broken';

/** The worst that any earlier sending makes of a later one. */
function kindOf(later: Presentation, earlier: readonly Presentation[], { kills }: Evidence): Kind {
  const kinds = earlier.map((before): Kind => {
    if (wasCutOff(before, later, kills)) return 'afterKill';
    if (isTemporary(before)) return 'unspent';
    const isFirstRetry = earlier.filter(({ by }) => by === later.by).length === 1;
    const isPrompt = before.lostAt !== undefined && later.at - before.lostAt <= PROMPT_MS;
    return before.by === later.by && isFirstRetry && isPrompt ? 'promptRetry' : 'broken';
  });
  return (['broken', 'promptRetry', 'afterKill'] as const).find((kind) => kinds.includes(kind)) ?? 'unspent';
}

/** Sent, then killed, and nothing written: the vault still held the token when it was sent again. */
const wasCutOff = (before: Presentation, later: Presentation, kills: readonly Kill[]): boolean =>
  later.isStored && kills.some(({ process, deadAt }) => process === before.by && deadAt <= later.at);

/** Answers that say nothing about the token leave it as it was. */
const isTemporary = ({ status, answeredAt }: Presentation): boolean =>
  answeredAt !== undefined && status !== undefined && (status === 429 || status >= 500);

/** Sage ID had given a new pair to a process that was killed before it wrote it, and refused the old token after that. */
function isAfterKill(consent: ForcedConsent, { presentations, kills }: Evidence): boolean {
  const sendings = sendingsOf(consent, presentations);
  const refused = sendings.at(-1);
  if (refused?.status !== 403) return false;
  return sendings.slice(0, -1).some((before) => before.status === 200 && wasCutOff(before, refused, kills));
}

const sendingsOf = ({ token, signedInAt }: ForcedConsent, presentations: readonly Presentation[]) =>
  presentations.filter((each) => each.token === token && each.at <= signedInAt);

const meet = (one: Stall, other: Stall): boolean => one.from <= other.to && other.from <= one.to;

/** All that is known of the last sending of a token, for anyone who looks for the reason. */
function reuseIn(later: Presentation | undefined, { presentations, kills }: Evidence): string {
  if (!later) return '';
  const since = (at: number | undefined) => (at === undefined ? 'never' : `${at - later.at} ms`);
  const sendings = presentations
    .filter(({ token, at }) => token === later.token && at <= later.at)
    .map(({ by, at, isStored, status, answeredAt, lostAt }) => {
      const dead = kills.find(({ process }) => process === by)?.deadAt;
      return `${by} at ${since(at)}, stored ${isStored}, ${status}, answered ${since(answeredAt)}, lost ${since(lostAt)}, dead ${since(dead)}`;
    });
  return sendings.join('; ');
}

/** For anyone who looks for the reason. */
function latenessOf(failures: readonly Failure[], code: string, stalls: readonly Stall[]): string {
  const [first] = failures.filter((failure) => failure.code === code);
  if (!first) return '';
  const before = stalls.filter(({ from }) => from <= first.to).map(({ to }) => first.to - to);
  const since = before.length === 0 ? 'before any stall' : `${Math.min(...before)} ms after the end of a stall`;
  return `the first after ${first.to - first.from} ms, ${since}`;
}

function countByCode(failures: readonly Failure[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of failures) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
