/** Up to quotes, brackets and white space, where sentences go on. */
const ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'`<>()[\]{}]+/gi;

/** A line of a stack trace, in JavaScript's form. */
const STACK_LINE = /^[ \t]+at .*(?:\r?\n|$)/gm;

const DEEPEST = 12;

/** Texts of an upstream, however deep in `value`, without the addresses and stack traces in them. */
export function withoutAddresses<Value>(value: Value): Value;
export function withoutAddresses(value: unknown): unknown {
  return clean(value, 0);
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replace(STACK_LINE, '').replace(ADDRESS, '[address]');
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEEPEST) return undefined;
  if (Array.isArray(value)) return value.map((each) => clean(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !/^stack/i.test(name))
      .map(([name, each]) => [name, clean(each, depth + 1)]),
  );
}
