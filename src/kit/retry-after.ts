/** The longest wait, even if a source asks for more. */
const MOST_SECONDS = 3_600;

/**
 * Seconds in a `Retry-After` header, given as seconds or a date (RFC 9110 10.2.3); at most an hour.
 * @param now epoch ms
 * @returns undefined for a header that is missing, unreadable, or in the past
 */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1_000);
  return seconds >= 0 ? Math.min(seconds, MOST_SECONDS) : undefined;
}
