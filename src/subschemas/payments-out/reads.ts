import type { GatewayContext } from '../../graph/subschema.ts';
import { isObject, type JsonObject } from '../../kit/json.ts';
import { badArgument, type Call, type Side, toPathPart } from './calls.ts';
import { unreadable } from './errors.ts';
import { toBatchPayment, toFileFormat, toList, toLocalInstrument, toProvider, toSubscription } from './objects.ts';
import type { PaymentsOutScope } from './scope.ts';
import type { NetworkConfig } from './section.ts';

/** One object by id, or null if Sage has none. @throws GatewayError */
export async function readRow<Row>(
  scope: PaymentsOutScope,
  call: Pick<Call, 'name' | 'side' | 'path'>,
  read: (row: JsonObject) => Row,
): Promise<Row | null> {
  const { data, interactionId } = await scope.read({ ...call, method: 'GET', asks: 'row', token: 'side' });
  if (data === undefined) return null;
  // A single object might be returned as a list of one.
  const row = Array.isArray(data) && data.length === 1 ? data[0] : data;
  if (isObject(row)) return read(row);
  throw unreadable({ isWrite: false, interactionId });
}

async function readList<Row>(
  scope: PaymentsOutScope,
  call: Pick<Call, 'name' | 'path'>,
  read: (row: JsonObject) => Row,
): Promise<Row[]> {
  const asked = { ...call, side: 'consumer', method: 'GET', asks: 'list', token: 'none' } as const;
  const { data, interactionId } = await scope.read(asked);
  const rows = toList(data, read);
  if (rows) return rows;
  throw unreadable({ isWrite: false, interactionId });
}

export type ScopeOf = (context: GatewayContext) => PaymentsOutScope;

const basePath = ({ provider, consumer }: NetworkConfig, side: Side) =>
  (side === 'provider' ? provider : consumer)?.basePath;

export const subscriptionCall = (config: NetworkConfig, side: Side, id: string) => ({
  name: `${side}Api.subscription`,
  side,
  path: `${basePath(config, side)}/subscriptions/${toPathPart('subscriptionId', id)}`,
});

export const batchPaymentCall = (config: NetworkConfig, side: Side, id: string) => ({
  name: `${side}Api.batchPayment`,
  side,
  path: `${basePath(config, side)}/batchpayments/${toPathPart('batchId', id)}`,
});

/** The reads, by type and field. */
export function createReadResolvers(config: NetworkConfig, scopeOf: ScopeOf) {
  const byId = (side: Side) => ({
    subscription: (_: unknown, { subscriptionId }: { subscriptionId: string }, context: GatewayContext) =>
      readRow(scopeOf(context), subscriptionCall(config, side, subscriptionId), toSubscription),
    batchPayment: (_: unknown, { batchId }: { batchId: string }, context: GatewayContext) =>
      readRow(scopeOf(context), batchPaymentCall(config, side, batchId), toBatchPayment),
  });
  const inCountry = (name: string, country: string) => ({
    name: `consumerApi.${name}`,
    path: `${config.consumer?.basePath}/${name.toLowerCase()}?country=${toCountry(country)}`,
  });
  return {
    PaymentsOutProviderApi: {
      ...byId('provider'),
      provider(_: unknown, { providerId }: { providerId?: string | null }, context: GatewayContext) {
        const id = providerId ?? config.provider?.providerId;
        if (id === undefined)
          throw badArgument(['providerId'], 'is required, because the configuration names no provider.');
        const path = `${config.provider?.basePath}/providers/${toPathPart('providerId', id)}`;
        return readRow(scopeOf(context), { name: 'providerApi.provider', side: 'provider', path }, toProvider);
      },
    },
    PaymentsOutConsumerApi: {
      ...byId('consumer'),
      providers: (_: unknown, { country }: { country: string }, context: GatewayContext) =>
        readList(scopeOf(context), inCountry('providers', country), toProvider),
      fileFormats: (_: unknown, { country }: { country: string }, context: GatewayContext) =>
        readList(scopeOf(context), inCountry('fileFormats', country), toFileFormat),
      localInstruments: (_: unknown, __: unknown, context: GatewayContext) =>
        readList(
          scopeOf(context),
          { name: 'consumerApi.localInstruments', path: `${config.consumer?.basePath}/localinstruments` },
          toLocalInstrument,
        ),
    },
  };
}

function toCountry(country: string): string {
  if (/^[A-Za-z]{2}$/.test(country)) return country.toUpperCase();
  throw badArgument(['country'], 'is not a country code. Use two letters of ISO 3166-1, such as GB.');
}
