/** Headers of a request, by lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The value of a header that may appear only once; undefined if missing, or repeated where Node keeps each value. */
export const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** A header's value, trimmed; undefined if it is missing, empty or sent several times. */
export function headerText({ headers }: { readonly headers: RequestHeaders }, name: string): string | undefined {
  const value = headers[name];
  return (typeof value === 'string' && value.trim()) || undefined;
}
