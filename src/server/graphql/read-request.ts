import { GatewayError } from '../../kit/errors/index.ts';
import { isEmpty, isObject, parseJson } from '../../kit/json.ts';

/** A GraphQL request of the plain kind: nothing in it counts but these. */
export interface PlainRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

export const NO_VARIABLES: PlainRequest['variables'] = {};

/** Undefined for whatever Yoga should look at: wrong requests, and those that ask for something in their `extensions`. */
export function parsePlainRequest(body: Buffer): PlainRequest | undefined {
  const parsed = parseJson(body);
  if (!isObject(parsed)) return undefined;
  for (const name in parsed) if (!MEMBERS.has(name)) return undefined;
  const { query, operationName, variables, extensions } = parsed;
  if (typeof query !== 'string') return undefined;
  if (operationName !== undefined && operationName !== null && !isName(operationName)) return undefined;
  if (variables !== undefined && variables !== null && !isObject(variables)) return undefined;
  if (extensions !== undefined && extensions !== null && (!isObject(extensions) || asksForPlan(extensions)))
    return undefined;
  const given = variables && !isEmpty(variables) ? variables : NO_VARIABLES;
  return { query, operationName: operationName || undefined, variables: given };
}

/**
 * Whether a request asks in its `extensions` for more than the answer: `plan` is all that the gateway knows there. Clients send
 * members of their own with every request, such as Apollo Client its `clientLibrary`, and these change nothing.
 */
export const asksForPlan = (extensions: Readonly<Record<string, unknown>> | null | undefined): boolean =>
  extensions?.['plan'] === true;

/** @throws GatewayError BAD_USER_INPUT for what Yoga would take for a fault of its own */
export function checkParameters(search: string): void {
  const parameters = new URLSearchParams(search);
  for (const name of ['variables', 'extensions']) {
    const text = parameters.get(name);
    if (text && parseJson(text) === undefined) {
      throw new GatewayError(
        'BAD_USER_INPUT',
        `The parameter "${name}" is not valid JSON. Send a URL-encoded JSON object.`,
      );
    }
  }
}

const MEMBERS: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

/** What no operation can be called is for Yoga to refuse. */
const isName = (value: unknown): value is string => typeof value === 'string' && /^\w*$/.test(value);
