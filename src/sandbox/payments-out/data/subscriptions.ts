import { randomUUID } from 'node:crypto';
import { Refusal } from '../checks/refusal.ts';
import { isObject, type JsonObject, textIn } from '../json.ts';
import { OPEN_PROVIDER_ID, ORGANISATION_ID, PROVIDERS, SUBSCRIPTION_IDS, SUBSCRIPTION_PROVIDER_ID } from './seeds.ts';

/** All statuses. Source: "Retrieve subscription details". The allowed changes are not published, so any is allowed. */
const STATUSES = [
  'Received',
  'AwaitingAuthorisation',
  'Authorised',
  'Cancelled',
  'Rejected',
  'Suspended',
  'Pending',
] as const;

export interface Subscription {
  readonly subscriptionId: string;
  readonly organisationId: string;
  readonly providerId: string;
  status: string;
  /** JSON inside a text. */
  readonly additionalData: string | null;
  links: JsonObject;
  /** Epoch ms. */
  readonly receivedAt: number;
  isMoved: boolean;
}

export interface Subscriptions {
  create(organisationId: string, data: JsonObject): JsonObject;
  /** @throws Refusal 404 */
  read(subscriptionId: string): JsonObject;
  /** @throws Refusal 400, 404 */
  patch(subscriptionId: string, data: JsonObject): void;
  /** The person consents. @throws Refusal 404 */
  authorise(subscriptionId: string): void;
  isAuthorised(subscriptionId: string): boolean;
  providerOf(subscriptionId: string): string | undefined;
}

/** ms after which a new one waits for its person, unless its status was changed. Made up. */
const AWAITING_AFTER_MS = 1_000;

export function createSubscriptions(now: () => number, url: () => string): Subscriptions {
  const known = new Map<string, Subscription>();
  const add = (subscriptionId: string, providerId: string, status: string, more: Partial<Subscription> = {}) => {
    const subscription: Subscription = {
      subscriptionId,
      organisationId: ORGANISATION_ID,
      providerId,
      status,
      additionalData: null,
      links: {},
      receivedAt: now(),
      isMoved: status !== 'Received' || more.organisationId === undefined,
      ...more,
    };
    known.set(subscriptionId, subscription);
    return subscription;
  };
  add(SUBSCRIPTION_IDS.received, OPEN_PROVIDER_ID, 'Received');
  add(SUBSCRIPTION_IDS.awaiting, SUBSCRIPTION_PROVIDER_ID, 'AwaitingAuthorisation');
  add(SUBSCRIPTION_IDS.authorised, SUBSCRIPTION_PROVIDER_ID, 'Authorised');

  const find = (subscriptionId: string): Subscription => {
    const found = known.get(subscriptionId);
    if (!found) throw new Refusal(404, 'There is no such subscription.');
    if (!found.isMoved && now() - found.receivedAt >= AWAITING_AFTER_MS) {
      found.isMoved = true;
      found.status = 'AwaitingAuthorisation';
    }
    return found;
  };

  const show = ({ isMoved: _, receivedAt: __, ...shown }: Subscription): JsonObject => ({
    ...shown,
    links: {
      ...(shown.status === 'AwaitingAuthorisation' && {
        authorise: `${url()}/__authorise/${shown.subscriptionId}`,
        authoriseIssuedAt: new Date(now()).toISOString(),
        authoriseExpiresAt: new Date(now() + 20 * 60_000).toISOString(),
      }),
      ...shown.links,
    },
  });

  return {
    create(organisationId, data) {
      const providerId = textIn(data, 'providerId');
      if (!PROVIDERS.some((provider) => provider.providerId === providerId))
        throw new Refusal(400, '$.data.providerId names no provider.');
      const additionalData = data['additionalData'] ?? null;
      if (additionalData !== null && typeof additionalData !== 'string')
        throw new Refusal(400, '$.data.additionalData is JSON inside a string.');
      return show(add(randomUUID(), providerId ?? '', 'Received', { organisationId, additionalData }));
    },
    read: (subscriptionId) => show(find(subscriptionId)),
    patch(subscriptionId, data) {
      const subscription = find(subscriptionId);
      const { status, links } = data;
      if (status !== undefined && !STATUSES.some((word) => word === status))
        throw new Refusal(400, '$.data.status is not a status of a subscription.');
      subscription.isMoved = true;
      if (typeof status === 'string') subscription.status = status;
      if (isObject(links)) subscription.links = { ...subscription.links, ...links };
    },
    authorise(subscriptionId) {
      const subscription = find(subscriptionId);
      subscription.isMoved = true;
      subscription.status = 'Authorised';
    },
    isAuthorised: (subscriptionId) => known.has(subscriptionId) && find(subscriptionId).status === 'Authorised',
    providerOf: (subscriptionId) => known.get(subscriptionId)?.providerId,
  };
}
