import { z } from 'zod';
import type { Secret } from '../../kit/errors/index.ts';
import { defined, oneOf, secret, shaped, text, upstreamUrl, whole, withoutSlash } from '../../kit/settings/index.ts';
import { type AnyTokenKind, type ClientCredentialsSettings, tokenSettings } from '../../tokens/index.ts';
import { checkSending, readSending, type SendingConfig, sendingSettings } from '../sending-settings.ts';
import type { SourceSection } from '../source-section.ts';

export interface NetworkConfig extends ClientCredentialsSettings, Omit<SendingConfig, 'retryReads'> {
  /** Absent: those of Sage ID in the configuration. */
  readonly tokenUrl?: string;
  readonly bodyEncoding?: 'form' | 'json';
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** `x-application`. */
  readonly application?: string;
  /** Requests a second, of all processes together. */
  readonly rate: number;
  /** Absent: its APIs are not served. */
  readonly provider?: ProviderConfig;
  /** Absent: its APIs are not served. */
  readonly consumer?: ConsumerConfig;
}

/** Paths begin with a slash and do not end with one. */
export interface ProviderConfig {
  readonly basePath: string;
  readonly messagingBasePath: string;
  readonly notificationsBasePath: string;
  readonly apiKey?: Secret;
  readonly providerId?: string;
}

export interface ConsumerConfig {
  readonly basePath: string;
  readonly messagingBasePath: string;
  readonly apiKey?: Secret;
  /** Which token its calls carry: the gateway's own, or the one of a company that the caller sends. */
  readonly token: 'sageId' | 'company';
  /** Where the members of a new batch stand in the body. */
  readonly batchEnvelope: 'data' | 'none';
}

const path = (usual: string) => shaped(/^(\/[A-Za-z0-9._~-]+)+$/, 'a path', usual).prefault(usual);

const provider = z
  .strictObject({
    basePath: path('/api-provider-v1').describe('Where the Provider API begins.'),
    messagingBasePath: path('/api-provider-v1').describe('Where the Provider Messaging API begins.'),
    notificationsBasePath: path('/api-provider-msg-v1').describe(
      "Where notifications begin: Sage's release note names another place than its guide.",
    ),
    apiKey: secret().optional().describe('x-api-key of the provider side.'),
    providerId: text().optional().describe('The provider that provider() reads when no id is given.'),
  })
  .optional()
  .describe('The side of a payment provider. Left out: its APIs are not served.');

const consumer = z
  .strictObject({
    basePath: path('/v3').describe('Where the Consumer API begins.'),
    messagingBasePath: path('/api/msg-v1').describe('Where the Consumer Messaging API begins.'),
    apiKey: secret().optional().describe('x-api-key of the consumer side.'),
    token: oneOf('sageId', 'company')
      .prefault('sageId')
      .describe(
        "Which token its calls carry: sageId, the gateway's own; or company, the one that a caller sends in X-Payments-Out-Token.",
      ),
    batchEnvelope: oneOf('data', 'none')
      .prefault('data')
      .describe('Whether the members of a new batch stand below `data` in the body, or at its top.'),
  })
  .optional()
  .describe('The side of a Sage product. Left out: its APIs are not served.');

/** No read is repeated by itself: each request of Payments Out has an id of its own. */
const { retryReads: _, ...sending } = sendingSettings('Payments Out', 'both sides');

const file = (kinds: readonly AnyTokenKind[]) =>
  z
    .strictObject({
      ...tokenSettings('network', kinds),
      tokenUrl: upstreamUrl().optional().describe('Where its tokens are obtained. Left out: sageId.tokenUrl.'),
      bodyEncoding: oneOf('form', 'json')
        .optional()
        .describe('How bodies of its token requests are written. Left out: sageId.bodyEncoding.'),
      baseUrl: upstreamUrl().prefault('https://api-payout.sage.com').describe('Address of Payments Out.'),
      application: text().optional().describe('Name of the application at Sage, sent as x-application.'),
      rate: whole(1, 10_000)
        .prefault('10')
        .describe('Requests a second that were agreed with Sage, shared by all workers. What is more waits.'),
      ...sending,
      provider,
      consumer,
    })
    .describe('Payments Out on the Sage Network Platform. Left out: the gateway serves without it.')
    .optional();

export const networkSection: SourceSection<'network', z.output<ReturnType<typeof file>>, NetworkConfig | undefined> = {
  name: 'network',
  file,
  read(section) {
    if (!section) return undefined;
    const { baseUrl, provider: ofProvider, consumer: ofConsumer, ...rest } = section;
    return {
      ...readSending(defined(rest)),
      ...(ofProvider && { provider: defined(ofProvider) }),
      ...(ofConsumer && { consumer: defined(ofConsumer) }),
      baseUrl: withoutSlash(baseUrl),
    };
  },
  check: (settings, faults) => checkSending('network', settings, faults),
  right: {
    name: 'paymentsOut',
    description: 'Whether this caller may read from Payments Out, write to it too, or neither.',
  },
};
