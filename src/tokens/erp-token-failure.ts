import { GatewayError } from '../kit/errors/index.ts';
import { HttpFailure, type HttpResponse } from '../kit/http/index.ts';
import { parseRetryAfter } from '../kit/retry-after.ts';
import { parseErpRefusal } from './erp-token-answer.ts';

/** What stands in for a token: why none was given, in words an operator can act on. */
export function toErpTokenError(tenant: string, response: HttpResponse, now: number): GatewayError {
  const { status } = response;
  const source = `erp:${tenant}` as const;
  const fail = (code: GatewayError['code'], message: string) => new GatewayError(code, message, { source });
  if (status === 429) {
    const retryAfter = parseRetryAfter(response.headers['retry-after'], now) ?? 1;
    const message = `The token service of ERP tenant "${tenant}" answers too many requests. Try again in ${retryAfter} s.`;
    return new GatewayError('RATE_LIMITED', message, { source, retryAfter });
  }
  if (status === 504 || status === 408) return fail('UPSTREAM_TIMEOUT', late(tenant));
  if (status >= 500) {
    return fail(
      'UPSTREAM_UNAVAILABLE',
      `The token service of ERP tenant "${tenant}" is failing (HTTP ${status}). Try again later.`,
    );
  }
  if (status >= 300 && status < 400) {
    return fail(
      'MISCONFIGURED',
      `The token address of ERP tenant "${tenant}" redirects, which is not followed. Write the final address as tokenUrl.`,
    );
  }
  return fail('MISCONFIGURED', refusal(tenant, status, parseErpRefusal(response.body.toString('utf8'))));
}

/** The network's failures, before any answer. */
export function toErpSendError(tenant: string, error: unknown): GatewayError {
  const options = { source: `erp:${tenant}`, cause: error } as const;
  if (!(error instanceof HttpFailure))
    return new GatewayError('INTERNAL', 'The gateway failed while asking for an ERP token.', options);
  if (error.kind === 'timeout' || error.kind === 'aborted')
    return new GatewayError('UPSTREAM_TIMEOUT', late(tenant), options);
  const what = error.kind === 'refused' ? 'cannot be reached' : 'broke off its answer';
  return new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `The token service of ERP tenant "${tenant}" ${what}. Try again later.`,
    options,
  );
}

const late = (tenant: string) => `The token service of ERP tenant "${tenant}" did not answer in time. Try again later.`;

/**
 * Four faults look alike from outside, and the API documents no error texts, so the words of the answer are
 * searched for hints. The words themselves are foreign and go nowhere.
 */
function refusal(tenant: string, status: number, text: string): string {
  const start = `ERP tenant "${tenant}":`;
  if (status === 404 && !/tenant/i.test(text))
    return `${start} there is no token service at its tokenUrl. Check the address.`;
  if (/\buser\b/i.test(text)) {
    return `${start} it has no API user for this application. Its owner creates one under Administration > Users and security > Users, with the API user box ticked.`;
  }
  if (/tenant/i.test(text))
    return `${start} its tenantId is unknown to the token service. Check tenantId and the region of tokenUrl.`;
  if (status === 401 || /secret|credential|client/i.test(text)) {
    return `${start} its clientId or clientSecret was refused. Check both against the application in Sage's developer console.`;
  }
  return `${start} the token request was refused (HTTP ${status}). Check clientId, clientSecret, tenantId, grant and the tenant's API user.`;
}
