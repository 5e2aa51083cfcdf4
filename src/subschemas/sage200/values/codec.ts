import type { GraphQLScalarType } from 'graphql';

/**
 * What the values of one kind of column are: how each passes between Sage 200 and the graph, either way. Everything that
 * reads, writes, compares or checks a value is made of these.
 */
export interface Codec {
  /** Prints what `read` gives, and parses what callers give. */
  readonly scalar: GraphQLScalarType;
  /** A value of Sage's JSON; null where it is not set, or is not one of these. */
  readonly read: (value: unknown) => unknown;
  /** Whether Sage writes an empty text for what was never set, beside `null` and nothing at all. */
  readonly isEmptyUnset: boolean;
  /** `read` and the scalar's printing in one, for the JSON text of a value that is set. */
  readonly token: Token;
  /** As OData text; undefined for what is not a value of this kind. Takes what callers give as well as what rows hold. */
  readonly toLiteral: (value: unknown) => string | undefined;
  /** A value that was parsed, as a body has it. @throws GatewayError BAD_USER_INPUT when the column does not take it */
  readonly toBody: (value: unknown, limits: ColumnLimits) => unknown;
  /** How Sage orders two values that are set; undefined where the database's collation decides. */
  readonly compare: ((first: unknown, second: unknown) => number) | undefined;
  /**
   * The least and the most of what Sage may hold where a row shows this value, for kinds of which rows show less than the
   * database compares by.
   */
  readonly shownAlike?: (value: unknown) => readonly [string, string];
  readonly filter: FilterInput;
}

/** What values look like in JSON that need no parser, and what becomes of them: `27828` becomes `"27828"` for an id. */
export interface Token {
  /**
   * Of the JSON text, for a regular expression: has one group, and takes no more than one value. Its time is in proportion to
   * the text, also where it does not match: no way through it is another one's beginning, but for a few characters.
   */
  readonly pattern: string;
  /** Left out: what the group takes is JSON text as it stands. */
  readonly write?: WriteToken | undefined;
}

/**
 * JSON text for the answer, of what the group of a token took. Undefined when it has to be parsed after all.
 * Both are UTF-8 read as `latin1`: each character is a byte.
 */
export type WriteToken = (taken: string) => string | undefined;

/** What one column takes of the values of its kind. */
export interface ColumnLimits {
  readonly maxLength: number | undefined;
  /** Smallest and largest value. */
  readonly range: readonly number[] | undefined;
  /** Decimal places. */
  readonly scale: number | undefined;
}

/** The input type by which such columns are filtered. */
export interface FilterInput {
  readonly name: string;
  readonly description: string;
  readonly operators: readonly FilterOperator[];
}

export type FilterOperator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'contains' | 'startsWith' | 'endsWith';

/** What values that have an order are compared by. */
export const ORDERED: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in'];
