import { type Difference, differenceOf, hasMemberTwice, upstreamDifference } from './compare.ts';
import type { Case } from './operations/generate-case.ts';
import { minimise } from './operations/minimise.ts';
import type { Exchange, GatewayRequest, Pair } from './pair.ts';

/** How often the planned gateway is asked for the same data: the first time it plans, from the second on it has the plan. */
const TIMES = 3;

/** Then the data of an upstream that works changes, and changes back, and the plan stays. */
const CHANGES: readonly (number | undefined)[] = [1, undefined];

/** And the other one, where it seems to ask for other things than the plan. */
const GENERAL_TIMES = 5;

export interface Finding {
  /** Counted from 1: in which of the times that the planned gateway was asked. */
  readonly time: number;
  readonly difference: Difference;
}

/** Sends one case to both gateways. @returns where they differ; undefined when they don't. */
export async function runCase(pair: Pair, asked: Case): Promise<Finding | undefined> {
  const found = await runOnce(pair, asked, TIMES);
  if (found) return found;
  const { behaviour } = asked;
  const changes = behaviour.fault
    ? []
    : CHANGES.map((changed): Case => ({ ...asked, behaviour: { ...behaviour, changed } }));
  const others = asked.again.map((again): Case => ({ ...asked, ...again }));
  for (const [index, next] of [...changes, ...others].entries()) {
    const difference = await runOnce(pair, next, 1);
    if (difference) return { ...difference, time: TIMES + 1 + index };
  }
  return undefined;
}

async function runOnce(pair: Pair, asked: Case, times: number): Promise<Finding | undefined> {
  const request = toRequest(asked, pair);
  const general = await pair.general.send(request, asked.behaviour);
  const strays = { general: await pair.takeStrays(), planned: [] as readonly string[] };
  const planned: Exchange[] = [];
  for (let time = 0; time < times; time += 1) planned.push(await pair.planned.send(request, asked.behaviour));
  strays.planned = await pair.takeStrays();
  if (strays.general.length + strays.planned.length > 0) {
    return {
      time: times,
      difference: { in: 'process', planned: strays.planned.join('\n'), general: strays.general.join('\n') },
    };
  }
  for (const [index, exchange] of planned.entries()) {
    const difference = differenceOf(exchange, general) ?? twice(exchange, asked);
    if (difference && (difference.in !== 'upstream' || (await isAskedOtherwise(exchange, general)))) {
      return { time: index + 1, difference };
    }
  }
  return undefined;

  async function isAskedOtherwise(exchange: Exchange, general: Exchange): Promise<boolean> {
    const all = [general];
    while (all.length < GENERAL_TIMES) all.push(await pair.general.send(request, asked.behaviour));
    const { oddness, fault } = asked.behaviour;
    const isOdd = oddness !== undefined || fault?.kind === 'garbage';
    const isOfOddRows = isOdd && exchange.body.includes('"errors":[');
    return upstreamDifference(exchange, all, isOfOddRows) !== undefined;
  }
}

/** What an upstream says twice may be passed on so. */
function twice(exchange: Exchange, { behaviour }: Case): Difference | undefined {
  if (behaviour.oddness?.bytes || !hasMemberTwice(exchange)) return undefined;
  return { in: 'body', planned: exchange.body, general: 'no member twice' };
}

/** The same case under a text that no gateway has seen yet. */
const anew = (asked: Case, attempt: number): Case => ({ ...asked, source: `${asked.source}\n#${attempt}` });

/**
 * A difference that is there each time, made small. A machine that stood still for a moment may run out of an
 * operation's time in one gateway and not in the other; that is not there again.
 */
export async function findDifference(pair: Pair, asked: Case): Promise<string | undefined> {
  const first = await runCase(pair, asked);
  if (!first) return undefined;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    if (!(await runCase(pair, anew(asked, attempt)))) return undefined;
  }
  const small = await minimise(asked, async (smaller) => {
    const found = await runCase(pair, smaller);
    return found?.difference.in === first.difference.in;
  });
  return report(small, (await runCase(pair, anew(small, 9))) ?? first);
}

function report({ source, headers, caller, behaviour, method, ...more }: Case, { time, difference }: Finding): string {
  const { planned, general } = difference;
  const at = [...planned].findIndex((letter, index) => letter !== general[index]);
  // Long answers are shown from a little before where they part.
  const from = Math.max(0, (at < 0 ? planned.length : at) - 300);
  const short = (text: string) => `${from > 0 ? '…' : ''}${text.slice(from, from + 1_000)}`;
  return [
    `in ${difference.in}, the ${time === 1 ? 'first time' : `${time}. time`} it is asked`,
    source,
    JSON.stringify({ ...more, headers, caller, method, behaviour }),
    `planned: ${short(planned)}`,
    `general: ${short(general)}`,
  ].join('\n');
}

export function toRequest(
  { source, variables, operationName, more, method, headers, caller }: Case,
  pair: Pair,
): GatewayRequest {
  const authorization = pair.authorization[caller];
  const all = { ...headers, ...(authorization !== undefined && { authorization }) };
  if (method === 'GET') {
    const query = new URLSearchParams({
      query: source,
      ...(variables !== undefined && { variables: JSON.stringify(variables) }),
      ...(typeof operationName === 'string' && { operationName }),
    });
    return { method, path: `/graphql?${query}`, headers: all };
  }
  return {
    method,
    path: '/graphql',
    headers: { ...all, 'content-type': 'application/json' },
    body: JSON.stringify({
      query: source,
      ...(variables !== undefined && { variables }),
      ...(operationName !== undefined && { operationName }),
      ...more,
    }),
  };
}
