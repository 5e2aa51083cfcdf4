import { randomUUID } from 'node:crypto';
import { Refusal } from '../checks/refusal.ts';
import { isObject, type JsonObject, textIn } from '../json.ts';
import {
  ABA_FORMAT_ID,
  BACS_FORMAT_ID,
  BATCH_IDS,
  FILE_FORMATS,
  guidOf,
  OPEN_PROVIDER_ID,
  PROVIDERS,
  SUBSCRIPTION_IDS,
} from './seeds.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Source: the consumer guides on submitting batches. */
const MOST_PAYMENTS = 2_000;
/** By the sandbox's clock. The statuses are documented; how long they last is made up. */
const PROCESSING_AFTER_MS = 1_000;
const AVAILABLE_AFTER_MS = 2_000;
/** Source: "Retrieve a payments batch": kept for 365 days, 35 for a file. */
const DAY_MS = 86_400_000;
const KEPT_MS = { electronic: 365 * DAY_MS, file: 35 * DAY_MS };
/** Source: "Check batch status". */
const FILE_ADDRESS_MS = 5 * 60_000;

interface Batch {
  readonly batchId: string;
  readonly externalId: string;
  readonly providerId: string | undefined;
  readonly subscriptionId: string | undefined;
  readonly fileFormatId: string | undefined;
  status: string;
  extendedStatus: unknown;
  additionalData: unknown;
  readonly payments: JsonObject[];
  /** Epoch ms. */
  readonly receivedAt: number;
}

export interface Batches {
  /** @throws Refusal 400, 409 */
  create(data: JsonObject): JsonObject;
  /** As the product sees it, with the address of the file. @throws Refusal 404 */
  read(batchId: string): JsonObject;
  /** @throws Refusal 400, 404 */
  patch(batchId: string, data: JsonObject): void;
  /** The bank's file. @throws Refusal 403 for an expired address */
  download(token: string): string;
  isFile(data: JsonObject): boolean;
}

export interface BatchesOptions {
  readonly now: () => number;
  readonly url: () => string;
  readonly subscriptions: Subscriptions;
}

/** A bank file needs no provider; a batch that also has a provider is the provider's. */
const isFileBatch = ({ fileFormatId, providerId }: Pick<Batch, 'fileFormatId' | 'providerId'>) =>
  fileFormatId !== undefined && providerId === undefined;

export function createBatches({ now, url, subscriptions }: BatchesOptions): Batches {
  const known = new Map<string, Batch>();
  const addresses = new Map<string, { readonly batchId: string; readonly endsAt: number }>();
  for (const batch of seededBatches(now())) known.set(batch.batchId, batch);

  const find = (batchId: string): Batch => {
    const batch = known.get(batchId);
    const age = now() - (batch?.receivedAt ?? 0);
    if (!batch || age > KEPT_MS[isFileBatch(batch) ? 'file' : 'electronic'])
      throw new Refusal(404, 'There is no such batch, or not any more.');
    if (isFileBatch(batch) && age >= PROCESSING_AFTER_MS)
      batch.status = age >= AVAILABLE_AFTER_MS ? 'PaymentFileAvailable' : 'Processing';
    return batch;
  };

  const show = ({ receivedAt: _, ...batch }: Batch): JsonObject => ({
    ...batch,
    ...(batch.status === 'PaymentFileAvailable' && isFileBatch(batch) && { paymentFile: newAddress(batch.batchId) }),
    links: { self: `${url()}/v3/batchpayments/${batch.batchId}` },
  });

  const newAddress = (batchId: string): string => {
    for (const [token, { endsAt }] of addresses) if (endsAt < now()) addresses.delete(token);
    const token = randomUUID();
    addresses.set(token, { batchId, endsAt: now() + FILE_ADDRESS_MS });
    return `${url()}/payment-files/${token}`;
  };

  return {
    isFile: (data) =>
      isFileBatch({ fileFormatId: textIn(data, 'fileFormatId'), providerId: textIn(data, 'providerId') }),
    create(data) {
      const batch = toBatch(data, subscriptions, now());
      known.set(batch.batchId, batch);
      return show(batch);
    },
    read: (batchId) => show(find(batchId)),
    patch: (batchId, data) => patchBatch(find(batchId), data),
    download(token) {
      const address = addresses.get(token);
      if (!address || address.endsAt < now()) throw new Refusal(403, 'This address is no longer valid.');
      return bankFile(find(address.batchId));
    },
  };
}

function toBatch(data: JsonObject, subscriptions: Subscriptions, receivedAt: number): Batch {
  const [providerId, subscriptionId, fileFormatId, externalId] = [
    'providerId',
    'subscriptionId',
    'fileFormatId',
    'externalId',
  ].map((name) => textIn(data, name));
  if (externalId === undefined) throw new Refusal(400, '$.data.externalId is missing.');
  const provider = PROVIDERS.find(
    (each) => each.providerId === (providerId ?? providerOf(subscriptionId, subscriptions)),
  );
  const format = FILE_FORMATS.find((each) => each.fileFormatId === fileFormatId);
  if (providerId !== undefined && !provider) throw new Refusal(400, '$.data.providerId names no provider.');
  if (fileFormatId !== undefined && !format) throw new Refusal(400, '$.data.fileFormatId names no file format.');
  if (subscriptionId !== undefined && !subscriptions.isAuthorised(subscriptionId))
    throw new Refusal(409, 'The subscription is not Authorised.');
  if (providerId === undefined && fileFormatId === undefined && subscriptionId === undefined)
    throw new Refusal(400, 'Name a provider, a subscription or a file format.');
  const most = Math.min(provider?.maximumPaymentCount ?? MOST_PAYMENTS, format?.maximumPaymentCount ?? MOST_PAYMENTS);
  return {
    batchId: randomUUID(),
    externalId,
    providerId,
    subscriptionId,
    fileFormatId,
    status: 'Received',
    extendedStatus: null,
    additionalData: null,
    payments: toPayments(data['payments'], most),
    receivedAt,
  };
}

const providerOf = (subscriptionId: string | undefined, subscriptions: Subscriptions) =>
  subscriptionId === undefined ? undefined : subscriptions.providerOf(subscriptionId);

/** The members of a payment are not published, so all are stored. `paymentId` is made up. */
function toPayments(payments: unknown, most: number): JsonObject[] {
  if (!Array.isArray(payments) || payments.length === 0 || !payments.every(isObject))
    throw new Refusal(400, '$.data.payments is not a list of payments.');
  if (payments.length > most) throw new Refusal(400, `$.data.payments holds more than ${most} payments.`);
  return payments.map((payment, index) => ({
    paymentId: `payment-${index + 1}`,
    ...payment,
    status: 'Received',
    extendedStatus: null,
    additionalData: null,
    paymentCompletedDate: null,
  }));
}

const PATCHED = ['status', 'extendedStatus', 'additionalData', 'paymentCompletedDate'];

/** The list of statuses is not fully published, so any text is accepted. */
function patchBatch(batch: Batch, data: JsonObject): void {
  const { defaultStatus, payments = [] } = data;
  const named = new Map<JsonObject, JsonObject>();
  for (const change of Array.isArray(payments) ? payments : []) {
    const payment = batch.payments.find(({ paymentId }) => isObject(change) && paymentId === change['paymentId']);
    if (!payment) throw new Refusal(400, '$.data.payments names a payment that is not in the batch.');
    named.set(payment, change);
  }
  if ('extendedStatus' in data) batch.extendedStatus = data['extendedStatus'];
  if ('additionalData' in data) batch.additionalData = data['additionalData'];
  if (typeof defaultStatus === 'string') batch.status = defaultStatus;
  for (const payment of batch.payments) {
    const change = named.get(payment);
    if (!change && typeof defaultStatus === 'string') payment['status'] = defaultStatus;
    for (const name of PATCHED) if (change && name in change) payment[name] = change[name];
  }
}

/** Looks like a bank's file, but says that it is not one. */
function bankFile({ externalId, payments }: Batch): string {
  const lines = payments.map((payment, index) => {
    const amount = String(payment['amount'] ?? '').padStart(14);
    return `2${String(index + 1).padStart(6, '0')}${String(payment['reference'] ?? '')
      .padEnd(18)
      .slice(0, 18)}${amount}`;
  });
  return [
    `1SANDBOX FILE, NOT FOR A BANK ${externalId}`,
    ...lines,
    `9${String(lines.length).padStart(6, '0')}`,
    '',
  ].join('\r\n');
}

function seededBatches(now: number): Batch[] {
  const batch = (batchId: string, name: string, more: Partial<Batch>): Batch => ({
    batchId,
    externalId: `sandbox-${name}`,
    providerId: undefined,
    subscriptionId: undefined,
    fileFormatId: undefined,
    status: 'Received',
    extendedStatus: null,
    additionalData: null,
    payments: [1, 2].map((number) => ({
      paymentId: guidOf(`payment ${name} ${number}`),
      amount: '125.50',
      currency: 'GBP',
      reference: `INV-${number}`,
      status: more.status ?? 'Received',
      extendedStatus: null,
      additionalData: null,
      paymentCompletedDate: null,
    })),
    receivedAt: now - 60_000,
    ...more,
  });
  return [
    batch(BATCH_IDS.file, 'file', { fileFormatId: BACS_FORMAT_ID }),
    batch(BATCH_IDS.electronic, 'electronic', { providerId: OPEN_PROVIDER_ID, fileFormatId: ABA_FORMAT_ID }),
    batch(BATCH_IDS.processing, 'processing', { providerId: OPEN_PROVIDER_ID, status: 'Processing' }),
    batch(BATCH_IDS.subscribed, 'subscribed', { subscriptionId: SUBSCRIPTION_IDS.authorised }),
  ];
}
