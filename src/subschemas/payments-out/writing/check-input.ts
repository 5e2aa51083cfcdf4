import { isObject, type JsonObject } from '../../../kit/json.ts';
import { badArgument } from '../calls.ts';

/** Source: the consumer guides on submitting batches. */
const MOST_PAYMENTS = 2_000;
const MOST_BODY_BYTES = 5_000_000;

/**
 * Sage refuses double quotes in text fields. Source: release note of July 2021.
 * @param exempt members at the top that hold JSON as text, which needs them
 * @throws GatewayError BAD_USER_INPUT
 */
export function refuseQuotes(value: unknown, path: readonly string[], exempt: readonly string[] = []): void {
  if (typeof value === 'string' && value.includes('"'))
    throw badArgument(path, 'contains a double quote, which Sage refuses in every text. Remove it.');
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) if (!exempt.includes(name)) refuseQuotes(member, [...path, name]);
}

/** The members that are sent: those of our input and `otherFields`, none of them twice. @throws GatewayError BAD_USER_INPUT */
export function withOtherFields({ otherFields, ...members }: JsonObject, path: readonly string[]): JsonObject {
  if (otherFields === undefined || otherFields === null) return members;
  if (!isObject(otherFields))
    throw badArgument([...path, 'otherFields'], 'is not an object. Use an object with more members.');
  const twice = Object.keys(members).find((name) => Object.hasOwn(otherFields, name));
  if (twice !== undefined)
    throw badArgument([...path, 'otherFields', twice], `is already given as ${twice}. Give it only once.`);
  return { ...otherFields, ...members };
}

/** @throws GatewayError BAD_USER_INPUT */
export function checkBatch(input: JsonObject): void {
  const { payments, externalId, subscriptionId, providerId, fileFormatId } = input;
  const count = Array.isArray(payments) ? payments.length : 0;
  if (count < 1 || count > MOST_PAYMENTS)
    throw badArgument(
      ['input', 'payments'],
      `contains ${count} payments. A batch takes 1 to ${MOST_PAYMENTS}: send several batches.`,
    );
  const odd = Array.isArray(payments) ? payments.findIndex((payment) => !isObject(payment)) : -1;
  if (odd >= 0)
    throw badArgument(['input', 'payments', String(odd)], 'is not an object. Each payment must be an object.');
  if (externalId === '') throw badArgument(['input', 'externalId'], "is empty. Give the batch the product's own id.");
  const named = { subscriptionId, providerId, fileFormatId };
  for (const [name, id] of Object.entries(named))
    if (id === '') throw badArgument(['input', name], 'is empty. Give an id, or omit it.');
  const isGiven = (id: unknown) => id !== undefined && id !== null;
  if (!Object.values(named).some(isGiven))
    throw badArgument(['input'], 'does not say who pays. Give subscriptionId, providerId or fileFormatId.');
  if (isGiven(subscriptionId) && (isGiven(providerId) || isGiven(fileFormatId)))
    throw badArgument(
      ['input', 'subscriptionId'],
      'cannot be combined with providerId or fileFormatId. Remove those, or this.',
    );
}

/** @throws GatewayError BAD_USER_INPUT for a body that Sage would not take */
export function toBody(body: unknown, path: readonly string[]): string {
  const text = JSON.stringify(body);
  if (Buffer.byteLength(text) <= MOST_BODY_BYTES) return text;
  throw badArgument(
    path,
    `makes a body of more than ${MOST_BODY_BYTES} bytes, which is Sage's maximum. Send less at a time.`,
  );
}
