import { badRequest } from '../api-error.ts';

export type Body = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON body. Numbers that a double cannot hold stay exact: whole ones as BigInt, decimals as their text.
 * @throws ApiError 400 when it is not JSON.
 */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text, keepExact);
  } catch {
    throw badRequest('The request body is not valid JSON.');
  }
}

/** @throws ApiError 400 when `value` is not an object. */
export function asObject(value: unknown): Body {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('The request is invalid: an object is expected.');
  }
  return value as Body;
}

function keepExact(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || source.replace(/\D/g, '').length <= 15) return value;
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  return /e/i.test(source) ? value : source;
}
