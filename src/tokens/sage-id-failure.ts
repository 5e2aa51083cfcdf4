import { type ErrorSource, GatewayError } from '../kit/errors/index.ts';
import type { TokenRequestError } from './token-request-error.ts';

/** A failed token request at Sage ID in the words callers see. `invalidGrant` and `needsPerson` need the owner's own words. */
export function toSageIdError(error: TokenRequestError, source: ErrorSource): GatewayError {
  const { failure, status, code, retryAfter } = error;
  const options = { source, cause: error };
  switch (failure) {
    case 'rateLimited':
      return new GatewayError('RATE_LIMITED', `Sage ID answers too many requests. Try again in ${retryAfter ?? 1} s.`, {
        ...options,
        retryAfter: retryAfter ?? 1,
      });
    case 'late':
    case 'lateAnswer':
      return new GatewayError('UPSTREAM_TIMEOUT', 'Sage ID did not answer in time. Try again later.', {
        ...options,
        retryAfter,
      });
    case 'unreachable':
      return new GatewayError('UPSTREAM_UNAVAILABLE', 'Sage ID cannot be reached. Try again later.', options);
    case 'lostAnswer':
      return new GatewayError('UPSTREAM_UNAVAILABLE', 'Sage ID broke off its answer. Try again later.', options);
    case 'temporary':
      return new GatewayError('UPSTREAM_UNAVAILABLE', `${noToken(status)} Try again later.`, {
        ...options,
        retryAfter,
      });
    case 'invalidGrant':
    case 'needsPerson':
    case 'refused':
      return new GatewayError('MISCONFIGURED', refusal(code), options);
  }
}

const noToken = (status: number | undefined) =>
  status === 200 ? 'Sage ID answered with something that is not a token.' : `Sage ID is failing (HTTP ${status}).`;

/** Auth0's table of token errors, which Sage does not publish itself: operators' faults, all of them. */
function refusal(code: string | undefined): string {
  if (code === 'unauthorized_client' || code === 'unsupported_grant_type') {
    return `Sage ID does not allow this kind of sign-in for the client id (${code}). Ask Sage to enable it, or check grantType.`;
  }
  if (code === 'invalid_target' || code === 'invalid_scope')
    return `Sage ID does not know the audience or scope (${code}). Check audience and scopes.`;
  if (code === 'invalid_request')
    return 'Sage ID found the token request malformed. Check redirectUri, bodyEncoding and audience.';
  return `Sage ID refused the client id or secret (${code ?? 'without a known reason'}). Check clientId, clientSecret and that they belong to this environment.`;
}
