import type { z } from 'zod';
import { elapsed } from '../../kit/clock.ts';
import { type ErrorSource, GatewayError } from '../../kit/errors/index.ts';
import { type Defined, oneOf, type Read, secret, text, upstreamUrl } from '../../kit/settings/index.ts';
import { type CoolDownOptions, createCoolDown } from '../cool-down.ts';
import type { RenewalWatch } from '../renewal-watch.ts';
import { createRenewingTokenSource } from '../renewing-token-source.ts';
import { createSageIdClient, type SageIdClient, type SageIdClientOptions } from '../sage-id-client.ts';
import { toSageIdError } from '../sage-id-failure.ts';
import type { TokenKind } from '../token-kind.ts';
import { TokenRequestError } from '../token-request-error.ts';
import type { AccessToken, TokenSource } from '../token-source.ts';

const settings = {
  clientId: text().describe('Client id that Sage gave for Payments Out.'),
  clientSecret: secret().describe('Its secret.'),
  audience: text().describe('The audience from the registration pack.'),
  grantType: oneOf('client_credentials', 'client_credential')
    .prefault('client_credentials')
    .describe('Spelling of the grant; a page of Sage leaves the last letter out.'),
  tokenUrl: upstreamUrl().optional().describe('Where its tokens are obtained. Left out: sageId.tokenUrl.'),
  bodyEncoding: oneOf('form', 'json')
    .optional()
    .describe('How bodies of its token requests are written. Left out: sageId.bodyEncoding.'),
};

/** Its part of the configuration. */
export type ClientCredentialsSettings = Defined<Read<z.ZodObject<typeof settings>>>;

export const clientCredentials = {
  name: 'clientCredentials',
  description: "A machine's own token at Sage ID.",
  section: 'network',
  settings,
  create({ settings, sageId, send, renewals }) {
    const { clientId, clientSecret, audience, grantType } = settings;
    const { tokenUrl = sageId.tokenUrl, bodyEncoding = sageId.bodyEncoding } = settings;
    const application = { issuer: sageId.issuer, tokenUrl, bodyEncoding, clientId, clientSecret, send };
    const client = createSageIdClient(application);
    return createClientCredentialsTokenSource({ client, grantType, audience, renewals });
  },
} as const satisfies NetworkTokenKind;

export interface NetworkTokenOptions {
  readonly settings: ClientCredentialsSettings;
  readonly sageId: Pick<SageIdClientOptions, 'issuer' | 'tokenUrl' | 'bodyEncoding'>;
  readonly send: SageIdClientOptions['send'];
  readonly renewals?: RenewalWatch | undefined;
}

export interface NetworkTokenKind extends TokenKind<'network'> {
  create(options: NetworkTokenOptions): TokenSource & { close(): Promise<void> };
}

export interface ClientCredentialsTokenSourceOptions {
  readonly client: SageIdClient;
  /** Spelling of the grant. @default 'client_credentials' */
  readonly grantType?: string;
  /** Which API the token is for; one source per client and audience. */
  readonly audience: string;
  /** @default 'network' */
  readonly source?: ErrorSource;
  readonly renewals?: RenewalWatch | undefined;
  readonly pauses?: Pick<CoolDownOptions, 'firstPauseMs' | 'maxPauseMs'>;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** A machine's own token at Sage ID: kept until nearly spent, as Sage asks, and had again by the same request. */
export function createClientCredentialsTokenSource(
  options: ClientCredentialsTokenSourceOptions,
): TokenSource & { close(): Promise<void> } {
  const {
    client,
    grantType = 'client_credentials',
    audience,
    source = 'network',
    now = Date.now,
    random = Math.random,
  } = options;
  const coolDown = createCoolDown({ ...options.pauses, elapsed: options.now ?? elapsed, random });

  const obtain = async (): Promise<AccessToken> => {
    try {
      const { accessToken, issuedAt, expiresAt } = await client.clientCredentials(grantType, audience);
      return { value: accessToken, issuedAt, expiresAt };
    } catch (error) {
      throw error instanceof TokenRequestError ? toSageIdError(error, source) : error;
    }
  };

  return createRenewingTokenSource({
    renew: () => coolDown.run(obtain),
    watch: options.renewals,
    onImpatient: () =>
      new GatewayError('UPSTREAM_TIMEOUT', 'Sage ID gave no token in time. Try again later.', { source }),
    now,
    elapsed: options.now ?? elapsed,
    random,
  });
}
