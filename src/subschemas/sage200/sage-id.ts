const MAX_INT64 = '9223372036854775807';
/** Shorter ones are surely in range. */
const DIGITS = MAX_INT64.length;

/**
 * Whether the text is an id of Sage 200 in its one spelling: a whole number of 64 bits, as a row's `sageId` shows it.
 * Source: Sage 200 API reference, where each id that rows are found by is an int64.
 */
export const isSageId = (text: string): boolean => /^(?:0|[1-9]\d{0,18})$/.test(text) && fitsInt64(text);

/** The same for what stands in rows, where a reference to nothing may be a negative number. */
export const isSageKey = (text: string): boolean => isSageId(text.startsWith('-') ? text.slice(1) : text);

const fitsInt64 = (digits: string): boolean => digits.length < DIGITS || digits <= MAX_INT64;
