import { GatewayError } from '../../errors/index.ts';
import { HttpFailure } from '../send.ts';

const REFUSED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** The other side was not reached. */
const PROXY = /^ERR_PROXY_/;
const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** @param started whether any byte of the request may have left */
export function toFailure(reason: unknown, started: boolean): HttpFailure {
  if (reason instanceof HttpFailure) return reason;
  if (reason instanceof GatewayError) return new HttpFailure('aborted', started, { cause: reason });
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : '';
  const name = reason instanceof Error ? reason.name : '';
  // A connection that was never opened cannot have carried the request.
  if (REFUSED.has(code) || PROXY.test(code)) return new HttpFailure('refused', false, { cause: reason });
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new HttpFailure('timeout', false, { cause: reason });
  if (name === 'TimeoutError' || TIMEOUTS.has(code)) return new HttpFailure('timeout', started, { cause: reason });
  if (name === 'AbortError') return new HttpFailure('aborted', started, { cause: reason });
  return new HttpFailure('cut', started, { cause: reason });
}
