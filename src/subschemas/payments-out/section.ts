import { z } from 'zod';
import { defined, oneOf, secret, shaped, text, upstreamUrl, whole, withoutSlash } from '../../kit/settings/index.ts';
import { type AnyTokenKind, tokenSettings } from '../../tokens/index.ts';
import { checkSending, readSending, sendingSettings } from '../sending-settings.ts';
import type { SourceSection } from '../source.ts';

const path = (usual: string) => shaped(/^(\/[A-Za-z0-9._~-]+)+$/, 'a path', usual).prefault(usual);

const provider = z
  .strictObject({
    basePath: path('/api-provider-v1').describe('Base path of the Provider API.'),
    messagingBasePath: path('/api-provider-v1').describe('Base path of the Provider Messaging API.'),
    notificationsBasePath: path('/api-provider-msg-v1').describe(
      "Base path of notifications. Sage's release note has another path than its guide.",
    ),
    apiKey: secret().optional().describe('x-api-key of the provider side.'),
    providerId: text().optional().describe('The provider that provider() reads if no id is given.'),
  })
  .optional()
  .describe('Settings for a payment provider. Without them, its APIs are not served.');

const consumer = z
  .strictObject({
    basePath: path('/v3').describe('Base path of the Consumer API.'),
    messagingBasePath: path('/api/msg-v1').describe('Base path of the Consumer Messaging API.'),
    apiKey: secret().optional().describe('x-api-key of the consumer side.'),
    token: oneOf('sageId', 'company')
      .prefault('sageId')
      .describe(
        "Which token its calls use: sageId, the gateway's own; or company, the one that a caller sends in X-Payments-Out-Token.",
      ),
    batchEnvelope: oneOf('data', 'none')
      .prefault('data')
      .describe('Whether the members of a new batch are inside `data` in the body, or at its top level.'),
  })
  .optional()
  .describe('Settings for a Sage product. Without them, its APIs are not served.');

/** Reads are not retried automatically, since each request to Payments Out has its own id. */
const { retryReads: _, ...sending } = sendingSettings('Payments Out', 'both sides');

const file = (kinds: readonly AnyTokenKind[]) =>
  z
    .strictObject({
      ...tokenSettings('network', kinds),
      baseUrl: upstreamUrl().prefault('https://api-payout.sage.com').describe('URL of Payments Out.'),
      application: text().optional().describe('Name of the application at Sage, sent as x-application.'),
      rate: whole(1, 10_000)
        .prefault('10')
        .describe('Requests per second agreed with Sage, shared by all workers. Others wait.'),
      ...sending,
      provider,
      consumer,
    })
    .describe('Payments Out on the Sage Network Platform. Without this section, the gateway does not serve it.')
    .optional();

function read({ baseUrl, provider, consumer, ...rest }: NonNullable<z.output<ReturnType<typeof file>>>) {
  return {
    ...readSending(defined(rest)),
    ...(provider && { provider: defined(provider) }),
    ...(consumer && { consumer: defined(consumer) }),
    baseUrl: withoutSlash(baseUrl),
  };
}

export type NetworkConfig = ReturnType<typeof read>;

export const networkSection: SourceSection<'network', z.output<ReturnType<typeof file>>, NetworkConfig | undefined> = {
  name: 'network',
  file,
  read: (section) => section && read(section),
  check: (settings, faults) => checkSending('network', settings, faults),
};
