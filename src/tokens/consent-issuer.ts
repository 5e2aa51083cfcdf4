import type { ErrorSource, GatewayError } from '../kit/errors/index.ts';
import { connectUrlOf } from './consent/personal-connection.ts';
import { toSageIdError } from './sage-id-failure.ts';
import type { TokenRequestError } from './token-request-error.ts';

/** The issuer of a consent's tokens: how its failures are reported, and where its person signs in. */
export interface ConsentIssuer {
  /** The source that needs it. */
  readonly source: ErrorSource;
  /** Name of the token service, for people. */
  readonly service: string;
  /** Name of a consent, for the beginning of a sentence. */
  titleOf(name: string): string;
  /** Path on our own origin where a person signs in. */
  connectUrlOf(name: string): string;
  /** A failed token request as an error for callers. Invalid refresh tokens have their own message. */
  toError(error: TokenRequestError): GatewayError;
}

export const SAGE_ID_CONSENTS: ConsentIssuer = {
  source: 'sage200',
  service: 'Sage ID',
  titleOf: (name) => `The Sage connection "${name}"`,
  connectUrlOf,
  toError: (error) => toSageIdError(error, 'sage200'),
};
