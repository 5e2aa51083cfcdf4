/**
 * What the status of an answer says about a request, the same for every source. Of a write, everything but `answered`
 * and `unknown` was certainly not carried out.
 */
export type StatusMeaning =
  | 'answered'
  /** 401: the token, and perhaps only that. */
  | 'tokenRefused'
  | 'forbidden'
  | 'rateLimited'
  /** The request itself is refused or led elsewhere, and redirects are not followed. */
  | 'rejected'
  /** A server or proxy failed after it had the request: nobody knows how far it came. */
  | 'unknown';

const MEANINGS: Readonly<Record<number, StatusMeaning>> = {
  401: 'tokenRefused',
  403: 'forbidden',
  // A proxy may say these of a request that was passed on before.
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
