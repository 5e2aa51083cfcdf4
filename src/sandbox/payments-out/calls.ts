import type { SandboxRequest, SandboxResponse } from '../sandbox-server.ts';
import { isUuid } from './checks/gate.ts';
import { type createIdempotency, KEPT_MS } from './checks/idempotency.ts';
import { Refusal } from './checks/refusal.ts';
import type { Batches } from './data/batches.ts';
import type { Messages } from './data/messages.ts';
import { FILE_FORMATS, LOCAL_INSTRUMENTS, PROVIDERS } from './data/seeds.ts';
import type { Subscriptions } from './data/subscriptions.ts';
import { hasMember, isObject, type JsonObject } from './json.ts';
import type { ReadSwitches } from './switches.ts';

export type Side = 'provider' | 'consumer';

/** The headers that a call's guide shows. */
export type Shown = 'bearer' | 'key' | 'application' | 'interaction' | 'idempotency';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: RegExp;
  readonly side: Side;
  readonly shows: readonly Shown[];
  /** JSON paths of texts that may hold double quotes. */
  readonly exempt?: readonly string[];
  answer(asked: Asked): SandboxResponse;
}

export interface Asked {
  /** What the path's groups matched. */
  readonly ids: readonly string[];
  readonly body: JsonObject;
  readonly request: SandboxRequest;
}

export interface CallsOptions {
  readonly batches: Batches;
  readonly subscriptions: Subscriptions;
  readonly messages: Messages;
  readonly once: ReturnType<typeof createIdempotency>;
  readonly switches: ReadSwitches;
}

const MESSAGES: Readonly<Record<Side, string>> = {
  provider:
    'debtoraccountputs|debtoraccountlistqueryresponses|debtoraccountdeletes|creditorputs|creditorlistqueryresponses|creditordeletes',
  consumer:
    'debtoraccountputs|debtoraccountlistqueries|debtoraccountdeletes|creditorputs|creditorlistqueries|creditordeletes',
};
const BASES = { provider: '(?:/api-provider-v1|/api-provider-msg-v1)', consumer: '/api/msg-v1' };

/** The calls of Payments Out, with the headers that Sage's guides show for each. */
export function createCalls(options: CallsOptions): readonly Call[] {
  return [...providerCalls(options), ...consumerCalls(options), ...messageCalls(options)];
}

function providerCalls({ batches, subscriptions }: CallsOptions): readonly Call[] {
  const side = 'provider';
  return [
    {
      method: 'GET',
      path: /^\/api-provider-v1\/providers\/([^/]+)$/,
      side,
      shows: ['bearer', 'key', 'application', 'interaction'],
      answer: ({ ids: [id] }) => data(found(PROVIDERS.find(({ providerId }) => providerId === id))),
    },
    {
      method: 'GET',
      path: /^\/api-provider-v1\/subscriptions\/([^/]+)$/,
      side,
      shows: ['bearer'],
      answer: ({ ids: [id = ''] }) => data(subscriptions.read(id)),
    },
    {
      method: 'PATCH',
      path: /^\/api-provider-v1\/subscriptions\/([^/]+)$/,
      side,
      shows: ['bearer'],
      answer({ ids: [id = ''], body }) {
        subscriptions.patch(id, dataOf(body));
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: /^\/api-provider-v1\/batchpayments\/([^/]+)$/,
      side,
      shows: ['bearer'],
      answer({ ids: [id = ''] }) {
        // The file is the product's.
        const { paymentFile: _, ...batch } = batches.read(id);
        return data(batch);
      },
    },
    {
      method: 'PATCH',
      path: /^\/api-provider-v1\/batchpayments\/([^/]+)$/,
      side,
      shows: ['bearer'],
      answer({ ids: [id = ''], body }) {
        batches.patch(id, dataOf(body));
        return { status: 204 };
      },
    },
  ];
}

function consumerCalls({ batches, subscriptions, once, switches }: CallsOptions): readonly Call[] {
  const side = 'consumer';
  const list = (rows: readonly object[]) =>
    data(switches().listData === 'object' && rows.length === 1 ? rows[0] : rows);
  return [
    {
      method: 'GET',
      path: /^\/v3\/providers$/,
      side,
      shows: ['key', 'application', 'interaction'],
      answer: ({ request }) => list(PROVIDERS.filter(({ country }) => country.includes(countryOf(request)))),
    },
    {
      method: 'GET',
      path: /^\/v3\/fileformats$/,
      side,
      shows: ['application', 'interaction'],
      answer: ({ request }) =>
        list(
          FILE_FORMATS.filter(({ countries }) => countries.includes(countryOf(request))).map(
            ({ countries: _, ...format }) => format,
          ),
        ),
    },
    {
      method: 'GET',
      path: /^\/v3\/localinstruments$/,
      side,
      shows: ['key', 'application'],
      answer: () => list(LOCAL_INSTRUMENTS),
    },
    {
      method: 'POST',
      path: /^\/v3\/subscriptions\/organisations\/([^/]+)\/subscriptions$/,
      side,
      shows: ['bearer', 'key', 'application', 'idempotency'],
      exempt: ['$.data.additionalData'],
      answer({ ids: [organisationId = ''], body, request }) {
        const key = request.headers['x-idempotency-key'];
        if (!isUuid(key)) throw new Refusal(400, 'x-idempotency-key is not a UUID.');
        return once(`subscription ${key}`, request.body, KEPT_MS.other, () => ({
          ...data(subscriptions.create(organisationId, dataOf(body))),
          status: 201,
        }));
      },
    },
    {
      method: 'GET',
      path: /^\/v3\/subscriptions\/([^/]+)$/,
      side,
      shows: ['bearer', 'key', 'application', 'interaction'],
      answer: ({ ids: [id = ''] }) => data(subscriptions.read(id)),
    },
    {
      method: 'POST',
      path: /^\/v3\/batchpayments$/,
      side,
      shows: ['bearer', 'interaction', 'idempotency'],
      answer({ body, request }) {
        const given = batchOf(body, switches().batchEnvelope);
        const keptMs = batches.isFile(given) ? KEPT_MS.file : KEPT_MS.other;
        return once(`batch ${request.headers['x-idempotency-key']}`, request.body, keptMs, () => ({
          ...data(batches.create(given)),
          status: 201,
        }));
      },
    },
    {
      method: 'GET',
      path: /^\/v3\/batchpayments\/([^/]+)$/,
      side,
      shows: ['bearer', 'interaction'],
      answer: ({ ids: [id = ''] }) => data(batches.read(id)),
    },
  ];
}

function messageCalls({ messages }: CallsOptions): readonly Call[] {
  const accept = (side: Side, path: RegExp): Call => ({
    method: 'POST',
    path,
    side,
    shows: ['bearer'],
    answer({ ids: [kind = ''], body }) {
      if (kind !== 'notifications' && !hasMember(body, 'subscriptionId'))
        throw new Refusal(400, 'The message names no subscriptionId.');
      messages.take({ side, kind, body });
      return { status: 202, headers: { 'content-length': '0' } };
    },
  });
  return [
    accept('provider', new RegExp(`^${BASES.provider}/(${MESSAGES.provider}|notifications)$`)),
    accept('consumer', new RegExp(`^${BASES.consumer}/(${MESSAGES.consumer})$`)),
  ];
}

const data = (value: unknown): SandboxResponse => ({ status: 200, body: { data: value } });

function found<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Refusal(404, 'There is nothing with this id.');
  return row;
}

function dataOf(body: JsonObject): JsonObject {
  const { data: inner } = body;
  if (!isObject(inner)) throw new Refusal(400, '$.data is missing.');
  return inner;
}

function batchOf(body: JsonObject, envelope: 'data' | 'none' | 'either'): JsonObject {
  const hasEnvelope = isObject(body['data']);
  if (envelope === 'data' || (envelope === 'either' && hasEnvelope)) return dataOf(body);
  return body;
}

function countryOf({ query }: SandboxRequest): string {
  const country = query.get('country') ?? '';
  if (!/^[A-Z]{2}$/.test(country)) throw new Refusal(400, 'country is not an ISO 3166-1 code of two letters.');
  return country;
}
