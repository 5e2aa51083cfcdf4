import type {
  ArgumentNode,
  FieldNode,
  GraphQLError,
  GraphQLFieldConfigArgumentMap,
  GraphQLSchema,
  SelectionNode,
} from 'graphql';
import type { ErrorSource } from '../../kit/errors/index.ts';
import type { Side } from '../operation/classify-operation.ts';
import type { Variables } from '../operation/plan-operation.ts';
import type { LinkKey } from './keys.ts';

/** A link as written in the configuration. */
export interface LinkOptions {
  /** Field added to the gateway's type. */
  readonly name: string;
  /** `Type.field`. */
  readonly from: string;
  /** `package.node`. */
  readonly to: string;
  /** Field of the node that contains the same key, or a dotted path to it. */
  readonly key: string;
  /** Field added to the node, back to the gateway's type. */
  readonly reverse?: string | undefined;
  readonly match: KeyMatch;
  /** Whether several nodes may have the key. */
  readonly many: boolean;
}

export type KeyMatch = 'exact' | 'caseInsensitive';

/** Whether a filter takes the key as text or as a number. */
export type KeyKind = 'text' | 'number';

/** Finds the ends of links in the schema of its side. */
export interface LinkEnds {
  /** @returns why there is no matching end, for the operator */
  find(end: WantedEnd, schema: GraphQLSchema): FoundEnd | string;
}

/** One end of a link, as named in the configuration. */
export interface WantedEnd extends Pick<LinkOptions, 'many'> {
  /** `from` or `to`. */
  readonly at: string;
  /** Only with `to`. */
  readonly key?: string;
}

export interface FoundEnd {
  /** The type of its records, which has the link fields. */
  readonly typeName: string;
  /** Path of the key in a record. */
  readonly keyPath: readonly string[];
  /** How to find its records by the key, or why that is not possible. */
  readonly target: LinkTarget | string;
}

/** The far end of a link: finds records by their keys, with its source's own queries. */
export interface LinkTarget {
  readonly side: Side;
  /** The type of the link field: of one record, or of a page of many. Empty while the tenant's schema is not available. */
  readonly typeName: string;
  /** Arguments of the link field. */
  readonly args: GraphQLFieldConfigArgumentMap;
  /** The description of the link field. @param keyPath path of the key in the record */
  readonly describe: (keyPath: readonly string[]) => string;
  /** Describes the requests for following it. */
  readonly reads: string;
  /** Whether the scope of the linking record matters. */
  readonly isScoped: boolean;
  /** How many keys to request at once from that tenant. */
  readonly batchFor: (tenant: string) => KeyBatch;
  /** Whether a record could have that key. */
  readonly canAsk: (key: LinkKey, match: KeyMatch) => boolean;
  /** The query of every request, if it is always the same: whether it can be planned is then known beforehand. */
  readonly query?: (place: Pick<LinkQuestion, 'prefix' | 'selections'>) => LinkQuery;
  /** @throws GatewayError if none of the keys could be looked up */
  readonly load: (question: LinkQuestion) => Promise<LinkedRows>;
}

export interface KeyBatch {
  readonly keys: number;
  /** The first batch may show a better size for the next ones. */
  readonly isLearning: boolean;
}

/** One of the gateway's fields that lead from one side to the other. */
export interface LinkField {
  /** Type that has the field. */
  readonly owner: string;
  readonly name: string;
  /** Path of the key in the owner. */
  readonly keyPath: readonly string[];
  readonly match: KeyMatch;
  readonly target: LinkTarget;
}

/** A request for many keys at one place of an operation. */
export interface LinkQuestion {
  readonly keys: readonly LinkKey[];
  readonly match: KeyMatch;
  /** Arguments of the link field, as written. */
  readonly written: readonly ArgumentNode[];
  /** The value of an argument, not coerced. */
  readonly argument: (name: string) => unknown;
  /** The selections of each record: no link fields, but the keys that they need. */
  readonly selections: readonly SelectionNode[];
  /** Prefix of the gateway's names: no name of the document begins with it. */
  readonly prefix: string;
  /**
   * Sends the query to the side that the link leads to.
   * @param given values of the query's own variables
   * @throws GatewayError if there was no answer
   */
  readonly ask: (query: LinkQuery, given: Variables) => Promise<LinkAnswer>;
  readonly scope: LinkScope | undefined;
  /** The tenant to call. */
  readonly tenant: string;
}

/** A query of the far end. Its document is created once for each name at one place of an operation. */
export interface LinkQuery {
  /** Distinguishes it from the other queries of that place. */
  readonly name: string;
  readonly make: () => MadeQuery;
}

export interface MadeQuery {
  readonly root: FieldNode;
  /** GraphQL types of its variables. */
  readonly types: Readonly<Record<string, string>>;
  /** Its fields whose values are the records, or pages of them: they end with the question's selections. */
  readonly records: readonly FieldNode[];
}

export interface LinkAnswer {
  readonly data: unknown;
  readonly errors: readonly GraphQLError[];
}

/** Where to look for a link's target, based on the linking record. */
export type LinkScope = Readonly<Record<string, string | undefined>>;

export interface LinkedRows {
  readonly rows: readonly LinkedRow[];
  /** Errors of no particular row: they apply to every key that was not found. */
  readonly errors: readonly GraphQLError[];
  /** Name of the place, for people. */
  readonly place: string;
  readonly source: ErrorSource;
  /** Where links below these rows are resolved. */
  readonly scope: LinkScope | undefined;
}

export interface LinkedRow {
  /** The value of its key field. */
  readonly key: unknown;
  readonly value: unknown;
  /** Its name for people: `_id 7`. */
  readonly name: string;
  /** Errors below it, with paths that begin at it. */
  readonly errors: readonly GraphQLError[];
}

/** Links of one combined schema. */
export interface LinkSet {
  /** By type, then by field. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, LinkField>>;
  /** Names of link fields on any type: a document without these names has no links. */
  readonly names: ReadonlySet<string>;
}

export function toLinkSet(links: readonly LinkField[]): LinkSet {
  const fields = new Map<string, Map<string, LinkField>>();
  for (const link of links) {
    const onType = fields.get(link.owner) ?? new Map<string, LinkField>();
    fields.set(link.owner, onType.set(link.name, link));
  }
  return { fields, names: new Set(links.map(({ name }) => name)) };
}
