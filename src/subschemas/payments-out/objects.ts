import { isObject, type JsonObject } from '../../kit/json.ts';
import { toDateTime } from './scalars.ts';

/**
 * Converts Sage's objects to the gateway's types. Missing members and members of another type are null, so that a change by Sage
 * only affects that member; `json` has everything as received.
 */

/** A list answer may contain an object instead of a list of one. */
export const toList = <Row>(data: unknown, read: (row: JsonObject) => Row): Row[] | null => {
  if (Array.isArray(data)) return data.filter(isObject).map(read);
  return isObject(data) ? [read(data)] : null;
};

const toText = (value: unknown): string | null => {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
};

/** An object instead of a documented string is kept readable. */
const toJsonText = (value: unknown): string | null =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : toText(value);

const toTexts = (value: unknown): string[] | null => {
  const texts = (Array.isArray(value) ? value : [value]).map(toText).filter((each) => each !== null);
  return value === undefined || value === null ? null : texts;
};

const toCount = (value: unknown): number | null => {
  const count = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && Math.abs(count) < 2 ** 31 ? count : null;
};

export const toProvider = (json: JsonObject) => ({
  providerId: toText(json['providerId']),
  clientId: toText(json['clientID'] ?? json['clientId']),
  name: toText(json['name']),
  author: toText(json['author']),
  country: toTexts(json['country']),
  defaultLanguage: toText(json['defaultLanguage']),
  supportedLanguages: toTexts(json['supportedLanguages']),
  maximumPaymentCount: toCount(json['maximumPaymentCount']),
  localInstruments: toTexts(json['localInstruments']),
  defaultLocalInstrument: toText(json['defaultLocalInstrument']),
  accountType: isObject(json['accountType']) ? toAccountType(json['accountType']) : null,
  json,
});

const toAccountType = (json: JsonObject) => ({ validationRules: toList(json['validationRules'], toRule), json });

const toRule = (json: JsonObject) => ({
  ruleId: toText(json['ruleId']),
  validation: isObject(json['validation']) ? toValidation(json['validation']) : null,
  json,
});

const toValidation = (json: JsonObject) => ({
  apiPath: toText(json['apiPath']),
  jsonPath: toText(json['jsonPath']),
  optionality: toText(json['optionality']),
  regex: toText(json['regex']),
  example: json['example'],
  description: json['description'],
  errorMessage: json['errorMessage'],
});

export const toFileFormat = (json: JsonObject) => ({
  fileFormatId: toText(json['fileFormatId']),
  name: toText(json['name']),
  specification: json['specification'],
  json,
});

export const toLocalInstrument = (json: JsonObject) => ({
  id: toText(json['id']),
  name: toText(json['name']),
  validationRules: toList(json['validationRules'], toRule),
  json,
});

export const toSubscription = (json: JsonObject) => ({
  subscriptionId: toText(json['subscriptionId']),
  organisationId: toText(json['organisationId']),
  providerId: toText(json['providerId']),
  status: toText(json['status']),
  additionalData: toJsonText(json['additionalData']),
  links: toLinks(json),
  json,
});

export const toBatchPayment = (json: JsonObject) => ({
  batchId: toText(json['batchId']),
  externalId: toText(json['externalId']),
  providerId: toText(json['providerId']),
  subscriptionId: toText(json['subscriptionId']),
  fileFormatId: toText(json['fileFormatId']),
  status: toText(json['status']),
  extendedStatus: toText(json['extendedStatus']),
  additionalData: json['additionalData'],
  paymentFile: toText(json['paymentFile']),
  payments: toList(json['payments'], toPayment),
  links: toLinks(json),
  json,
});

const toPayment = (json: JsonObject) => ({
  status: toText(json['status']),
  extendedStatus: toText(json['extendedStatus']),
  additionalData: json['additionalData'],
  paymentCompletedDate: toText(json['paymentCompletedDate']),
  json,
});

/** Sage does not say whether the dates are in `links` or beside it. */
function toLinks(owner: JsonObject) {
  const json = isObject(owner['links']) ? owner['links'] : undefined;
  const [issuedAt, expiresAt] = ['authoriseIssuedAt', 'authoriseExpiresAt'].map((name) =>
    toDateTime(json?.[name] ?? owner[name]),
  );
  if (!json && issuedAt === undefined && expiresAt === undefined) return null;
  const { self, authorise } = json ?? {};
  return {
    self: toText(self),
    authorise: toText(authorise),
    authoriseIssuedAt: issuedAt,
    authoriseExpiresAt: expiresAt,
    json: json ?? null,
  };
}
