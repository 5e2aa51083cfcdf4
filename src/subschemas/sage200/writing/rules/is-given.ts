/** Whether a client gave a value: null is none. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Whether there is something in it as well. */
export const isFilled = (value: unknown): boolean => isGiven(value) && value !== '';
