import type { GraphQLScalarType } from 'graphql';

/**
 * The values of one kind of column: converts them between Sage 200 and the graph. Everything that reads, writes,
 * compares or checks a value uses these.
 */
export interface Codec {
  /** Serialises results of `read`, and parses callers' values. */
  readonly scalar: GraphQLScalarType;
  /** A value of Sage's JSON; null if it is not set, or is not of this kind. */
  readonly read: (value: unknown) => unknown;
  /** Whether Sage also writes an empty text for an unset value, besides `null` or nothing. */
  readonly isEmptyUnset: boolean;
  /** `read` and the scalar's serialisation in one, for the JSON text of a value that is set. */
  readonly token: Token;
  /** As OData text; undefined if it is not a value of this kind. Accepts values from callers and from rows. */
  readonly toLiteral: (value: unknown) => string | undefined;
  /** A parsed value for a body. @throws GatewayError BAD_USER_INPUT if the column does not accept it */
  readonly toBody: (value: unknown, limits: ColumnLimits) => unknown;
  /** Sage's order of two values that are set; undefined if the database's collation decides. */
  readonly compare: ((first: unknown, second: unknown) => number) | undefined;
  /**
   * The smallest and largest value that Sage may have if a row shows this one, for kinds that rows show less precisely
   * than the database compares.
   */
  readonly shownAlike?: (value: unknown) => readonly [string, string];
  readonly filter: FilterInput;
}

/** The JSON form of values that need no parser, and how to convert them: `27828` becomes `"27828"` for an id. */
export interface Token {
  /**
   * Regular expression for the JSON text: has one group, and matches no more than one value. It takes linear time, even if it
   * does not match: its alternatives differ within a few characters.
   */
  readonly pattern: string;
  /** Without it, the group's text is valid JSON unchanged. */
  readonly write?: WriteToken | undefined;
}

/**
 * JSON text for the answer, from the text in a token's group. Undefined if it has to be parsed after all. Both are
 * UTF-8 read as `latin1`: each character is a byte.
 */
export type WriteToken = (taken: string) => string | undefined;

export interface ColumnLimits {
  readonly maxLength: number | undefined;
  /** Smallest and largest value. */
  readonly range: readonly number[] | undefined;
  /** Decimal places. */
  readonly scale: number | undefined;
}

/** The input type for filters on such columns. */
export interface FilterInput {
  readonly name: string;
  readonly description: string;
  readonly operators: readonly FilterOperator[];
}

export type FilterOperator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'contains' | 'startsWith' | 'endsWith';

export const ORDERED: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in'];
