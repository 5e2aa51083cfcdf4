export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parseObject(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const textIn = (value: JsonObject, name: string): string | undefined =>
  typeof value[name] === 'string' && value[name] !== '' ? value[name] : undefined;

/** JSON path of the first text with a double quote. */
export function findQuote(value: unknown, exempt: readonly string[] = [], path = '$'): string | undefined {
  if (typeof value === 'string') return value.includes('"') && !exempt.includes(path) ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = findQuote(member, exempt, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`);
    if (found) return found;
  }
  return undefined;
}

/** Whether an object has such a member at any depth. */
export function hasMember(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => key === name || hasMember(member, name));
}
