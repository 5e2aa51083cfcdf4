export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value of JSON is an object: neither a list nor null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether an object has no members. Does not list them, since it runs for every request. */
export function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** @returns undefined if it is not JSON: the parser's own message would quote the text, which may contain a token */
export function parseJson(text: string | Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return undefined;
  }
}

/** @returns undefined if it is not a JSON object */
export const parseObject = (text: string | Buffer): JsonObject | undefined => toObject(parseJson(text));

/** @returns undefined if it is not an object */
export const toObject = (value: unknown): JsonObject | undefined => (isObject(value) ? value : undefined);

/** The value at the end of a path of names and indexes; undefined if there is no such member. */
export const memberAt = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (found, name) =>
      typeof found === 'object' && found !== null && Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined,
    value,
  );
