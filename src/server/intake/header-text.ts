import type { RequestHead } from './request-checks.ts';

/** A header's value, trimmed; undefined when it is absent, empty or sent several times. */
export function headerText({ headers }: RequestHead, name: string): string | undefined {
  const value = headers[name];
  return (typeof value === 'string' && value.trim()) || undefined;
}
