/**
 * The meaning of an answer's status for a request, the same for every source. A write was certainly not performed
 * unless it is `answered` or `unknown`.
 */
export type StatusMeaning =
  | 'answered'
  /** 401: the token is refused, and perhaps nothing else. */
  | 'tokenRefused'
  | 'forbidden'
  | 'rateLimited'
  /** The request itself is refused or redirected, and redirects are not followed. */
  | 'rejected'
  /** A server or proxy failed after it had the request: how far it came is unknown. */
  | 'unknown';

const MEANINGS: Readonly<Record<number, StatusMeaning>> = {
  401: 'tokenRefused',
  403: 'forbidden',
  // A proxy may send these for a request that was already passed on.
  408: 'unknown',
  425: 'unknown',
  429: 'rateLimited',
};

export function meaningOfStatus(status: number): StatusMeaning {
  const meaning = MEANINGS[status];
  if (meaning) return meaning;
  if (status >= 200 && status < 300) return 'answered';
  return status >= 300 && status < 500 ? 'rejected' : 'unknown';
}
