/** Why an administrator's change was not made, with a message. */
export interface ClientUserError {
  /**
   * - `NAME_TAKEN`: the name is used for something else, or was a short while ago.
   * - `STALE_VERSION`: somebody else has changed the client.
   * - `LIMIT`: the maximum number is reached.
   * - `INVALID`: the value is not allowed.
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
