import { elapsed } from '../../kit/clock.ts';
import { type ErrorSource, GatewayError, type Secret } from '../../kit/errors/index.ts';
import { oneOf, secret, text } from '../../kit/settings/index.ts';
import { type CoolDownOptions, createCoolDown } from '../cool-down.ts';
import type { RenewalWatch } from '../renewal-watch.ts';
import { createRenewingTokenSource } from '../renewing-token-source.ts';
import type { SageIdClient } from '../sage-id-client.ts';
import { toSageIdError } from '../sage-id-failure.ts';
import type { TokenKind } from '../token-kind.ts';
import { TokenRequestError } from '../token-request-error.ts';
import type { AccessToken, TokenSource } from '../token-source.ts';

export const clientCredentials = {
  name: 'clientCredentials',
  description: "A machine's own token at Sage ID.",
  section: 'network',
  settings: {
    clientId: text().describe('Client id that Sage gave for Payments Out.'),
    clientSecret: secret().describe('Its secret.'),
    audience: text().describe('The audience from the registration pack.'),
    grantType: oneOf('client_credentials', 'client_credential')
      .prefault('client_credentials')
      .describe('Spelling of the grant; a page of Sage leaves the last letter out.'),
  },
} as const satisfies TokenKind;

/** Its part of the configuration. */
export interface ClientCredentialsSettings {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly audience: string;
  readonly grantType: 'client_credentials' | 'client_credential';
}

export interface ClientCredentialsTokenSourceOptions {
  readonly client: SageIdClient;
  /** Spelling of the grant. @default 'client_credentials' */
  readonly grantType?: string;
  /** Which API the token is for; one source per client and audience. */
  readonly audience: string;
  /** @default 'network' */
  readonly source?: ErrorSource;
  /** Told of each renewal. */
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
