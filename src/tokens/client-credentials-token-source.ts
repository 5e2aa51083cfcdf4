import { type ErrorSource, GatewayError } from '../kit/errors/index.ts';
import { type CoolDownOptions, createCoolDown } from './cool-down.ts';
import { createRenewingTokenSource } from './renewing-token-source.ts';
import type { SageIdClient } from './sage-id-client.ts';
import { toSageIdError } from './sage-id-failure.ts';
import { TokenRequestError } from './token-request-error.ts';
import type { AccessToken, TokenSource } from './token-source.ts';

export interface ClientCredentialsTokenSourceOptions {
  readonly client: SageIdClient;
  /** Spelling of the grant. @default 'client_credentials' */
  readonly grantType?: string;
  /** Which API the token is for; one source per client and audience. */
  readonly audience: string;
  /** @default 'network' */
  readonly source?: ErrorSource;
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
  const coolDown = createCoolDown({ ...options.pauses, now, random });

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
    onImpatient: () =>
      new GatewayError('UPSTREAM_TIMEOUT', 'Sage ID gave no token in time. Try again later.', { source }),
    now,
    random,
  });
}
