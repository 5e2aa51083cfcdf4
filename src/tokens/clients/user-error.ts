/** Why an administrator's wish was not carried out, in words for them. */
export interface ClientUserError {
  /**
   * - `NAME_TAKEN`: the name stands for something else, or did a short while ago.
   * - `STALE_VERSION`: somebody else changed the client meanwhile.
   * - `LIMIT`: there are as many as there may be.
   * - `INVALID`: it cannot be what was given.
   */
  readonly code: 'NAME_TAKEN' | 'STALE_VERSION' | 'LIMIT' | 'INVALID';
  readonly message: string;
  /** Names of arguments and fields of the input. */
  readonly inputPath: readonly string[];
}

export type Outcome<Made> = { readonly made: Made } | { readonly userErrors: readonly ClientUserError[] };

export const invalid = (message: string, ...inputPath: readonly string[]): ClientUserError => ({
  code: 'INVALID',
  message,
  inputPath,
});

export const refused = (...userErrors: readonly ClientUserError[]) => ({ userErrors });
