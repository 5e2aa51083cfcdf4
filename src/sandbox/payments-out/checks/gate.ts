import type { SandboxRequest } from '../../sandbox-server.ts';
import type { Call, Side } from '../calls.ts';
import { findQuote, type JsonObject, parseObject } from '../json.ts';
import type { ReadSwitches } from '../switches.ts';
import { Refusal } from './refusal.ts';

/** Used only on loopback, so they are not secret: they are in the sandbox's documentation. */
export const API_KEYS: Readonly<Record<Side, string>> = {
  provider: 'sandbox-provider-key',
  consumer: 'sandbox-consumer-key',
};
export const APPLICATION = 'sage.sandbox';

/** Source: the consumer guides on submitting batches. */
const MOST_BODY_BYTES = 5_000_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

export interface GateOptions {
  readonly now: () => number;
  readonly switches: ReadSwitches;
  readonly isSageIdToken: (token: string) => Promise<boolean>;
  readonly isCompanyToken: (token: string) => boolean;
}

/**
 * Checks everything about a request except its content. The headers of each call are documented; the statuses for wrong
 * headers are not.
 * @returns the body, for calls that have one
 */
export function createGate({ now, switches, isSageIdToken, isCompanyToken }: GateOptions) {
  let arrivals: number[] = [];

  const countArrival = () => {
    const at = now();
    arrivals = arrivals.filter((each) => each > at - 1_000 && each <= at);
    if (arrivals.length >= switches().rate) throw new Refusal(429, 'Too many requests in one second.');
    arrivals.push(at);
  };

  const isTaken = async (token: string, side: Side): Promise<boolean> => {
    const { consumerToken } = switches();
    const takes = side === 'provider' ? 'sageId' : consumerToken;
    if (takes !== 'sageId' && isCompanyToken(token)) return true;
    return takes !== 'company' && (await isSageIdToken(token));
  };

  return async ({ side, shows, exempt }: Call, { method, headers, body }: SandboxRequest): Promise<JsonObject> => {
    countArrival();
    if (shows.includes('bearer')) {
      const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
      if (token === undefined || !(await isTaken(token, side))) throw new Refusal(401, 'The bearer token is refused.');
    }
    const key = headers['x-api-key'];
    if ((key ?? (shows.includes('key') ? '' : API_KEYS[side])) !== API_KEYS[side])
      throw new Refusal(401, 'The x-api-key is refused.');
    if (shows.includes('application') && !headers['x-application']) throw new Refusal(400, 'x-application is missing.');
    if (shows.includes('interaction') && !isUuid(headers['x-fapi-interaction-id']))
      throw new Refusal(400, 'x-fapi-interaction-id is not a UUID.');
    if (shows.includes('idempotency') && !headers['x-idempotency-key'])
      throw new Refusal(400, 'x-idempotency-key is missing.');
    if (method === 'GET') return {};
    if (!/^application\/(json|[\w.+-]+\+json)\b/i.test(headers['content-type'] ?? ''))
      throw new Refusal(415, 'The body has to be JSON.');
    if (body.length > MOST_BODY_BYTES) throw new Refusal(413, 'The body has more than 5 MB.');
    const parsed = parseObject(body);
    if (!parsed) throw new Refusal(400, 'The body is not a JSON object.');
    const quoted = findQuote(parsed, exempt);
    if (quoted) throw new Refusal(400, `${quoted} holds a double quote.`);
    return parsed;
  };
}

export const isUuid = (text: unknown): boolean => typeof text === 'string' && UUID.test(text);
