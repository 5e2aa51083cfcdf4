/** The value of a header that may come only once; undefined when it is missing, or repeated where Node keeps each. */
export const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;
