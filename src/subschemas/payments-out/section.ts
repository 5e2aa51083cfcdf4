import { z } from 'zod';
import { defined, oneOf, secret, shaped, text, upstreamUrl, whole, withoutSlash } from '../../kit/settings/index.ts';
import { type AnyTokenKind, tokenSettings } from '../../tokens/index.ts';
import { checkSending, readSending, sendingSettings } from '../sending-settings.ts';
import type { SourceSection } from '../source.ts';

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
