import { parse, print } from 'graphql';
import { addressOf, isOfOperation, type UpstreamRequest } from './odd-upstream.ts';
import type { Exchange } from './pair.ts';

/** What is different, the most telling first, and how it is in either. */
export interface Difference {
  readonly in: 'process' | 'status' | 'data' | 'errors' | 'body' | 'headers' | 'upstream' | 'log';
  readonly planned: string;
  readonly general: string;
}

/** Undefined when nobody could tell from the answer, the upstreams or the log which of the two gateways it was. */
export function differenceOf(planned: Exchange, general: Exchange): Difference | undefined {
  const pairs: readonly (readonly [Difference['in'], (exchange: Exchange) => string])[] = [
    ['status', ({ status }) => String(status)],
    ['data', dataOf],
    ['errors', errorsOf],
    ['body', bodyOf],
    ['headers', headersOf],
    ['log', ({ log }) => log.toSorted().join('\n')],
  ];
  for (const [where, read] of pairs) {
    if (read(planned) !== read(general)) return { in: where, planned: read(planned), general: read(general) };
  }
  return upstreamDifference(planned, [general]);
}

/** Whether an object in the body has a name twice, which readers pass over without a word. */
export function hasMemberTwice({ body }: Pick<Exchange, 'body'>): boolean {
  const members = (text: string) => text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length;
  const answer = parsed(body);
  return answer !== undefined && members(body) !== members(JSON.stringify(answer));
}

function dataOf({ body }: Exchange): string {
  const answer = parsed(body);
  return JSON.stringify(isObject(answer) ? answer['data'] : undefined) ?? 'none';
}

/** Fields fail side by side, so which error comes first says nothing; nor does which of them are listed, where not all are. */
function errorsOf({ body }: Exchange): string {
  const answer = parsed(body);
  const errors = isObject(answer) ? answer['errors'] : undefined;
  if (Array.isArray(errors) && /"There are more errors: /.test(JSON.stringify(errors.at(-1))))
    return `${errors.length}`;
  return Array.isArray(errors)
    ? errors
        .map((error) => JSON.stringify(error))
        .sort()
        .join('\n')
    : JSON.stringify(errors ?? 'none');
}

/** All else in it, extensions and the order of members, and bodies that are no JSON. */
function bodyOf({ body }: Exchange): string {
  const answer = parsed(body);
  return isObject(answer) ? JSON.stringify({ ...answer, errors: undefined, data: Object.keys(answer) }) : body;
}

/** Texts that mean the same need not be of one length: an answer passed through keeps its blanks. */
const headersOf = ({ headers: { 'content-length': _, ...headers } }: Exchange): string =>
  JSON.stringify(Object.entries(headers).toSorted());

/**
 * A plan asks for the same, each thing at most as often. How often the general way asks for the same thing twice is a
 * matter of moments, since reads under way are shared; so it may be given several times.
 * @param mayAskMore a plan reads what hangs on all rows before it notices that one of them cannot be; the general way
 * stops at that row
 */
export function upstreamDifference(
  planned: Exchange,
  general: readonly Exchange[],
  mayAskMore = false,
): Difference | undefined {
  const asked = countsOf(planned.upstream);
  const known = general.map(({ upstream }) => countsOf(upstream));
  const isMore = ([request, count]: [string, number]) => known.every((counts) => count > (counts.get(request) ?? 0));
  const more = mayAskMore ? [] : [...asked].filter(isMore);
  const always = [...(known[0] ?? [])].filter(([request]) => known.every((counts) => counts.has(request)));
  const less = always.filter(([request]) => !asked.has(request));
  if (more.length === 0 && less.length === 0) return undefined;
  const print = (requests: typeof more) => requests.map(([request, count]) => `${count} × ${request}`).sort();
  return { in: 'upstream', planned: print(more).join('\n'), general: print(less).join('\n') };
}

function countsOf(requests: readonly UpstreamRequest[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const request of requests.filter(isOfOperation).map(askedOf))
    counts.set(request, (counts.get(request) ?? 0) + 1);
  return counts;
}

/** A part of a document that goes to the tenant may be printed in another way. */
function askedOf(request: UpstreamRequest): string {
  const body = request.method === 'POST' ? parsed(request.body) : undefined;
  const query = isObject(body) ? body['query'] : undefined;
  if (!isObject(body) || typeof query !== 'string')
    return addressOf({ ...request, path: withSortedKeys(request.path) });
  return addressOf({ ...request, body: JSON.stringify({ ...body, query: printed(query) }) });
}

/** The rows of a chain come in the order in which somebody thought of them, and that may be another. */
const withSortedKeys = (path: string): string =>
  path.replace(/(?<=\$filter=)[^&]*/, (filter) => filter.split('%20or%20').sort().join('%20or%20'));

function printed(query: string): string {
  try {
    return print(parse(query, { noLocation: true }));
  } catch {
    return query;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
