import { createHash } from 'node:crypto';

/** A GUID that is the same in every sandbox. */
export function guidOf(name: string): string {
  const hex = createHash('sha256').update(`payments-out ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const ORGANISATION_ID = guidOf('organisation');

/** Pays for anyone who names it. */
export const OPEN_PROVIDER_ID = guidOf('provider open');
/** Pays for those with a subscription. */
export const SUBSCRIPTION_PROVIDER_ID = guidOf('provider subscription');

const rule = (name: string, apiPath: string, jsonPath: string, optionality: string, more: object = {}) => ({
  ruleId: guidOf(`rule ${name}`),
  validation: { apiPath, jsonPath, optionality, ...more },
});

/** The forms of labels and messages for several languages are not published: these are plain texts. */
export const PROVIDERS = [
  {
    providerId: OPEN_PROVIDER_ID,
    clientID: 'sandbox-provider-open',
    name: 'Open Pay',
    author: 'Sandbox',
    country: ['GB', 'US'],
    defaultLanguage: 'en-GB',
    supportedLanguages: ['en-GB', 'en-US'],
    maximumPaymentCount: 2000,
    localInstruments: ['BACS', 'ACH'],
    defaultLocalInstrument: 'BACS',
    accountType: {
      validationRules: [
        rule('debtor tax id', 'Subscriptions', '$.data.additionalData.taxId', 'required', {
          regex: '^[A-Z0-9]{8,12}$',
          example: 'GB12345678',
          description: 'The tax number of the company that pays.',
          errorMessage: 'Give a tax number of 8 to 12 letters and digits.',
        }),
        rule('creditor name', 'Creditors', '$.data.creditor.name', 'required', {
          regex: '^.{1,35}$',
          example: 'Acme Supplies',
          description: 'The name of the supplier.',
          errorMessage: 'Give a name of 35 characters at most.',
        }),
        rule('creditor address', 'CreditorPut', '$.data.creditor.postalAddress.addressLine3', 'not allowed'),
      ],
    },
  },
  {
    providerId: SUBSCRIPTION_PROVIDER_ID,
    clientID: 'sandbox-provider-subscription',
    name: 'Subscribed Pay',
    author: 'Sandbox',
    country: ['AU', 'CA', 'GB'],
    defaultLanguage: 'en-AU',
    supportedLanguages: ['en-AU'],
    maximumPaymentCount: 100,
    localInstruments: ['cheque'],
    defaultLocalInstrument: 'cheque',
    accountType: { validationRules: [] },
  },
];

export const BACS_FORMAT_ID = guidOf('format bacs');
export const ABA_FORMAT_ID = guidOf('format aba');

export interface FileFormat {
  readonly fileFormatId: string;
  readonly name: string;
  readonly countries: readonly string[];
  readonly maximumPaymentCount: number;
  readonly specification: unknown;
}

const formatRule = (name: string, jsonPath: string, type: string) => ({
  ...rule(name, 'BatchPayments', jsonPath, 'required'),
  sourceValidation: { type, maxLength: 18 },
});

export const FILE_FORMATS: readonly FileFormat[] = [
  {
    fileFormatId: BACS_FORMAT_ID,
    name: 'BACS Standard 18',
    countries: ['GB'],
    maximumPaymentCount: 2000,
    specification: { rules: [formatRule('bacs reference', '$.data.payments[*].reference', 'text')] },
  },
  {
    fileFormatId: ABA_FORMAT_ID,
    name: 'ABA direct entry',
    countries: ['AU'],
    maximumPaymentCount: 500,
    specification: { rules: [formatRule('aba reference', '$.data.payments[*].reference', 'text')] },
  },
];

export const LOCAL_INSTRUMENTS = [
  {
    id: 'BACS',
    name: 'BACS',
    validationRules: [
      rule('bacs sort code', 'Creditors', '$.data.creditor.account.sortCode', 'required', { regex: '^[0-9]{6}$' }),
    ],
  },
  { id: 'ACH', name: 'ACH', validationRules: [] },
  { id: 'cheque', name: 'Cheque', validationRules: [] },
];

export const SUBSCRIPTION_IDS = {
  received: guidOf('subscription received'),
  awaiting: guidOf('subscription awaiting'),
  authorised: guidOf('subscription authorised'),
};

export const BATCH_IDS = {
  file: guidOf('batch file'),
  electronic: guidOf('batch electronic'),
  processing: guidOf('batch processing'),
  subscribed: guidOf('batch subscribed'),
};
