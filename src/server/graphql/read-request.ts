import { GatewayError } from '../../kit/errors/index.ts';
import { isEmpty, isObject, type JsonObject, parseJson } from '../../kit/json.ts';

/** A plain GraphQL request, with only these members. */
export interface PlainRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly wantsCost: boolean;
}

export const NO_VARIABLES: PlainRequest['variables'] = {};

/**
 * Undefined if Yoga should handle it: invalid requests, and those with options in their `extensions`.
 * @param document the text that the request identifies by an id
 */
export function toPlainRequest(members: JsonObject, document: string | undefined): PlainRequest | undefined {
  for (const name in members) if (!MEMBERS.has(name)) return undefined;
  const { operationName, variables, extensions } = members;
  const query = document ?? members['query'];
  if (typeof query !== 'string') return undefined;
  if (operationName !== undefined && operationName !== null && !isName(operationName)) return undefined;
  if (variables !== undefined && variables !== null && !isObject(variables)) return undefined;
  if (extensions !== undefined && extensions !== null && (!isObject(extensions) || asksForPlan(extensions)))
    return undefined;
  const given = variables && !isEmpty(variables) ? variables : NO_VARIABLES;
  const wantsCost = asksForCost(extensions);
  return { query, operationName: operationName || undefined, variables: given, wantsCost };
}

/**
 * Whether a request has an option in its `extensions` that needs the fallback executor: only `plan`. Clients send
 * their own members with every request, such as Apollo Client's `clientLibrary`, which have no effect.
 */
export const asksForPlan = (extensions: Readonly<Record<string, unknown>> | null | undefined): boolean =>
  extensions?.['plan'] === true;

/** The other member of `extensions` that the gateway knows. It does not prevent the fast path. */
export const asksForCost = (extensions: Readonly<Record<string, unknown>> | null | undefined): boolean =>
  extensions?.['cost'] === true;

/** The content of a GET. A parameter that is sent twice counts once, and invalid JSON stays text, to be refused later. */
export function membersOfSearch(search: string): JsonObject {
  const parameters = new URLSearchParams(search);
  const members: Record<string, unknown> = {};
  for (const name of MEMBERS) {
    const text = parameters.get(name);
    if (text) members[name] = JSON_PARAMETERS.includes(name) ? (parseJson(text) ?? text) : text;
  }
  return members;
}

/** @throws GatewayError BAD_USER_INPUT for requests that Yoga would report as an internal error */
export function checkParameters(search: string): void {
  const parameters = new URLSearchParams(search);
  for (const name of JSON_PARAMETERS) {
    const text = parameters.get(name);
    if (text && parseJson(text) === undefined) {
      throw new GatewayError(
        'BAD_USER_INPUT',
        `The parameter "${name}" is not valid JSON. Send a URL-encoded JSON object.`,
      );
    }
  }
}

const MEMBERS: ReadonlySet<string> = new Set(['query', 'documentId', 'operationName', 'variables', 'extensions']);

const JSON_PARAMETERS: readonly string[] = ['variables', 'extensions'];

/** Yoga refuses names that no operation can have. */
const isName = (value: unknown): value is string => typeof value === 'string' && /^\w*$/.test(value);
