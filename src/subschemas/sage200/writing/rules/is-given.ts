/** Whether a client gave a value: null does not count. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Whether it is also not empty. */
export const isFilled = (value: unknown): boolean => isGiven(value) && value !== '';
