import type { GatewayContext } from '../../../graph/subschema.ts';
import { isObject, type JsonObject } from '../../../kit/json.ts';
import { badArgument, type Call, type Side, toPathPart } from '../calls.ts';
import { toBatchPayment, toSubscription } from '../objects.ts';
import { batchPaymentCall, readRow, type ScopeOf, subscriptionCall } from '../reads.ts';
import { checkBatch, refuseQuotes, toBody, withOtherFields } from './check-input.ts';
import { performWrite, type WriteEngine, type Written } from './perform-write.ts';

const MINUTE_MS = 60_000;
/** Source: the consumer guides on submitting batches. How long the key of a subscription is kept is not published. */
const FILE_KEY_MS = 10 * MINUTE_MS;
const OTHER_KEY_MS = 14 * 24 * 60 * MINUTE_MS;

interface Given {
  readonly input: JsonObject;
  readonly idempotencyKey?: string | null;
}

/** What can be written, by type and field. */
export function createWriteResolvers(engine: WriteEngine, scopeOf: ScopeOf) {
  const { config } = engine;
  const { provider, consumer } = config;
  return {
    PaymentsOutProviderApiMutation: createProviderWrites(engine, scopeOf),
    PaymentsOutProviderMessagingApiMutation: messageResolvers(engine, scopeOf, 'provider', (kind) =>
      kind === 'notifications' ? provider?.notificationsBasePath : provider?.messagingBasePath,
    ),
    PaymentsOutConsumerApiMutation: createConsumerWrites(engine, scopeOf),
    PaymentsOutConsumerMessagingApiMutation: messageResolvers(
      engine,
      scopeOf,
      'consumer',
      () => consumer?.messagingBasePath,
    ),
  };
}

function createProviderWrites(engine: WriteEngine, scopeOf: ScopeOf) {
  const { config } = engine;
  const patchOf = (name: string, path: string, data: JsonObject): Call => ({
    name: `providerApi.${name}`,
    side: 'provider',
    method: 'PATCH',
    path,
    asks: 'write',
    token: 'side',
    body: toBody({ data }, ['input']),
  });
  return {
    async updateSubscription(
      _: unknown,
      { subscriptionId, input }: { subscriptionId: string } & Given,
      context: GatewayContext,
    ) {
      const scope = scopeOf(context);
      const row = subscriptionCall(config, 'provider', subscriptionId);
      const { payload } = await performWrite(engine, scope, {
        key: subscriptionId,
        lookUp: toLookUp(
          'subscription',
          `subscription(subscriptionId: ${JSON.stringify(subscriptionId)}) { status json }`,
        ),
        prepare() {
          refuseQuotes(input, ['input']);
          return patchOf('updateSubscription', row.path, withOtherFields(input, ['input']));
        },
      });
      const readBack = () => readRow(scope, row, toSubscription);
      return { ...payload, subscription: payload.userErrors.length > 0 ? null : readBack };
    },
    async updateBatchPayment(_: unknown, { batchId, input }: { batchId: string } & Given, context: GatewayContext) {
      const scope = scopeOf(context);
      const row = batchPaymentCall(config, 'provider', batchId);
      const { payload } = await performWrite(engine, scope, {
        key: batchId,
        lookUp: toLookUp(
          'batchPayment',
          `batchPayment(batchId: ${JSON.stringify(batchId)}) { status extendedStatus payments { status json } }`,
        ),
        prepare() {
          refuseQuotes(input, ['input']);
          return patchOf('updateBatchPayment', row.path, toBatchPatch(input));
        },
      });
      const readBack = () => readRow(scope, row, toBatchPayment);
      return { ...payload, batchPayment: payload.userErrors.length > 0 ? null : readBack };
    },
  };
}

function toBatchPatch({ payments, ...input }: JsonObject): JsonObject {
  const changed = withOtherFields(input, ['input']);
  if (!Array.isArray(payments)) return changed;
  if ('payments' in changed)
    throw badArgument(['input', 'otherFields', 'payments'], 'is already given as payments. Give it only once.');
  const change = (payment: JsonObject, index: number) => withOtherFields(payment, ['input', 'payments', String(index)]);
  return { ...changed, payments: payments.map(change) };
}

function createConsumerWrites(engine: WriteEngine, scopeOf: ScopeOf) {
  const { config } = engine;
  const base = config.consumer?.basePath;
  const postOf = (name: string, path: string, body: unknown): Call => ({
    name: `consumerApi.${name}`,
    side: 'consumer',
    method: 'POST',
    path,
    asks: 'write',
    token: 'side',
    body: toBody(body, ['input']),
  });
  return {
    async createSubscription(
      _: unknown,
      { organisationId, input, idempotencyKey }: { organisationId: string } & Given,
      context: GatewayContext,
    ) {
      const scope = scopeOf(context);
      const written = await performWrite(engine, scope, {
        idempotency: { given: idempotencyKey, mustBeUuid: true, keptMs: OTHER_KEY_MS, idMember: 'subscriptionId' },
        prepare() {
          // Holds JSON as text, which cannot do without quotes.
          refuseQuotes(input, ['input'], ['additionalData']);
          if (input['providerId'] === '')
            throw badArgument(['input', 'providerId'], 'is empty. Give the id of a provider.');
          const path = `${base}/subscriptions/organisations/${toPathPart('organisationId', organisationId)}/subscriptions`;
          return postOf('createSubscription', path, { data: withOtherFields(input, ['input']) });
        },
      });
      const readBack = (id: string) => readRow(scope, subscriptionCall(config, 'consumer', id), toSubscription);
      return { ...written.payload, subscription: toMade(written, toSubscription, readBack) };
    },
    async createBatchPayment(_: unknown, { input, idempotencyKey }: Given, context: GatewayContext) {
      const scope = scopeOf(context);
      const { fileFormatId, providerId } = input;
      // With a provider it is the provider's, whatever file it is given.
      const isFile = typeof fileFormatId === 'string' && typeof providerId !== 'string';
      const keptMs = isFile ? FILE_KEY_MS : OTHER_KEY_MS;
      const written = await performWrite(engine, scope, {
        idempotency: { given: idempotencyKey, mustBeUuid: false, keptMs, idMember: 'batchId' },
        prepare() {
          checkBatch(input);
          refuseQuotes(input, ['input']);
          const batch = withOtherFields(input, ['input']);
          const body = config.consumer?.batchEnvelope === 'none' ? batch : { data: batch };
          return postOf('createBatchPayment', `${base}/batchpayments`, body);
        },
      });
      const readBack = (id: string) => readRow(scope, batchPaymentCall(config, 'consumer', id), toBatchPayment);
      return { ...written.payload, batchPayment: toMade(written, toBatchPayment, readBack) };
    },
  };
}

/** The object that Sage answered with, or what reads it where the write was done before. Null for what was refused. */
function toMade<Row>(
  { answer, done }: Written,
  read: (row: JsonObject) => Row,
  readBack: (id: string) => Promise<Row | null>,
) {
  if (answer && isObject(answer.data)) return read(answer.data);
  const id = done?.id;
  return id === undefined ? null : () => readBack(id);
}

/** Our fields and the last part of Sage's path, for each kind of message. */
const MESSAGES: Readonly<Record<Side, Readonly<Record<string, string>>>> = {
  provider: {
    debtorAccountPut: 'debtoraccountputs',
    debtorAccountListQueryResponse: 'debtoraccountlistqueryresponses',
    debtorAccountDelete: 'debtoraccountdeletes',
    creditorPut: 'creditorputs',
    creditorListQueryResponse: 'creditorlistqueryresponses',
    creditorDelete: 'creditordeletes',
    notification: 'notifications',
  },
  consumer: {
    debtorAccountPut: 'debtoraccountputs',
    debtorAccountListQuery: 'debtoraccountlistqueries',
    debtorAccountDelete: 'debtoraccountdeletes',
    creditorPut: 'creditorputs',
    creditorListQuery: 'creditorlistqueries',
    creditorDelete: 'creditordeletes',
  },
};

function messageResolvers(
  engine: WriteEngine,
  scopeOf: ScopeOf,
  side: Side,
  baseOf: (kind: string) => string | undefined,
) {
  const post = (field: string, kind: string) => {
    return async (_: unknown, { message }: { message: unknown }, context: GatewayContext) => {
      const { payload } = await performWrite(engine, scopeOf(context), {
        prepare() {
          if (!isObject(message))
            throw badArgument(['message'], 'is not an object. Give the whole body of the message.');
          refuseQuotes(message, ['message']);
          return {
            name: `${side}MessagingApi.${field}`,
            side,
            method: 'POST',
            path: `${baseOf(kind)}/${kind}`,
            asks: 'write',
            token: 'side',
            body: toBody(message, ['message']),
          };
        },
      });
      return { ...payload, accepted: payload.userErrors.length === 0 };
    };
  };
  return Object.fromEntries(Object.entries(MESSAGES[side]).map(([field, kind]) => [field, post(field, kind)]));
}

const toLookUp = (field: string, selection: string) => ({
  field: `paymentsOut.providerApi.${field}`,
  query: `{ paymentsOut { providerApi { ${selection} } } }`,
});
