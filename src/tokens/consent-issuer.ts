import type { ErrorSource, GatewayError } from '../kit/errors/index.ts';
import { connectUrlOf } from './consent/personal-connection.ts';
import { toSageIdError } from './sage-id-failure.ts';
import type { TokenRequestError } from './token-request-error.ts';

/** Whose tokens a consent has: how its failures are reported, and where its person signs in. */
export interface ConsentIssuer {
  /** What cannot be asked without it. */
  readonly source: ErrorSource;
  /** What gives the tokens, as a person would say it. */
  readonly service: string;
  /** What a consent is for, at the beginning of a sentence. */
  titleOf(name: string): string;
  /** Path on our own origin where a person signs in. */
  connectUrlOf(name: string): string;
  /** A failed token request in the words that callers read. Dead refresh tokens have words of their own. */
  toError(error: TokenRequestError): GatewayError;
}

/** Sage ID, for Sage 200. */
export const SAGE_ID_CONSENTS: ConsentIssuer = {
  source: 'sage200',
  service: 'Sage ID',
  titleOf: (name) => `The Sage connection "${name}"`,
  connectUrlOf,
  toError: (error) => toSageIdError(error, 'sage200'),
};
