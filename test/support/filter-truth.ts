/** A filter argument evaluated over rows as GraphQL shows them, in plain JavaScript. */

export type Value = string | boolean | null;
/** A row under GraphQL names; numbers as their text, so that none loses a digit. */
export type FilteredRow = Readonly<Record<string, Value>>;
export type Filter = { readonly [name: string]: unknown };

/** Undefined where an empty value is compared by size: then neither the filter nor its opposite holds. */
type Truth = boolean | undefined;

export interface FieldKinds {
  readonly numbers: ReadonlySet<string>;
  readonly moments: ReadonlySet<string>;
  /** Makes one of texts that the database takes for the same. */
  readonly fold: (text: string) => string;
}

const allOf = (parts: readonly Truth[]): Truth =>
  parts.includes(false) ? false : parts.includes(undefined) ? undefined : true;
const anyOf = (parts: readonly Truth[]): Truth =>
  parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;
const opposite = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

export class FilterTruth {
  readonly #kinds: FieldKinds;

  constructor(kinds: FieldKinds) {
    this.#kinds = kinds;
  }

  holds(given: Filter, of: FilteredRow): Truth {
    return allOf(
      Object.entries(given).map(([name, value]) => {
        if (name === 'and') return allOf((value as Filter[]).map((part) => this.holds(part, of)));
        if (name === 'or') return anyOf((value as Filter[]).map((part) => this.holds(part, of)));
        if (name === 'not') return opposite(this.holds(value as Filter, of));
        const conditions = Object.entries(value as Filter);
        return allOf(conditions.map(([operator, operand]) => this.meets(name, operator, of[name] ?? null, operand)));
      }),
    );
  }

  meets(name: string, operator: string, value: Value, operand: unknown): Truth {
    const { fold } = this.#kinds;
    const matches = (match: 'includes' | 'startsWith' | 'endsWith') =>
      value !== null && fold(String(value))[match](fold(String(operand)));
    switch (operator) {
      case 'eq':
        return this.#isSame(name, value, operand as Value);
      case 'ne':
        return !this.#isSame(name, value, operand as Value);
      case 'in':
        return (operand as Value[]).some((one) => this.#isSame(name, value, one));
      case 'contains':
        return matches('includes');
      case 'startsWith':
        return matches('startsWith');
      case 'endsWith':
        return matches('endsWith');
      default: {
        if (value === null) return undefined;
        const order = this.#compare(name, String(value), String(operand));
        return operator === 'gt'
          ? order > 0
          : operator === 'gte'
            ? order >= 0
            : operator === 'lt'
              ? order < 0
              : order <= 0;
      }
    }
  }

  #isSame(name: string, value: Value, operand: Value): boolean {
    if (value === null || operand === null) return value === operand;
    return this.#compare(name, String(value), String(operand)) === 0;
  }

  #compare(name: string, first: string, second: string): number {
    const { numbers, moments, fold } = this.#kinds;
    if (numbers.has(name)) return compareDecimals(first, second);
    if (moments.has(name)) return Date.parse(first) - Date.parse(second);
    const [a, b] = [fold(first), fold(second)];
    return a < b ? -1 : a > b ? 1 : 0;
  }
}

function compareDecimals(first: string, second: string): number {
  const difference = scaled(first) - scaled(second);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function scaled(number: string): bigint {
  const [, sign, whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(number) ?? [];
  const digits = BigInt(whole + fraction.padEnd(24, '0'));
  return sign === '-' ? -digits : digits;
}
