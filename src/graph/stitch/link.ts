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

/** A link as the configuration writes it. */
export interface LinkOptions {
  /** Field added to the type of the gateway. */
  readonly name: string;
  /** `Type.field`. */
  readonly from: string;
  /** `package.node`. */
  readonly to: string;
  /** Field of the node that holds the same key, or a dotted path to it. */
  readonly key: string;
  /** Field added to the node, back to the type of the gateway. */
  readonly reverse?: string | undefined;
  readonly match: KeyMatch;
  /** Several nodes may have the key. */
  readonly many: boolean;
}

export type KeyMatch = 'exact' | 'caseInsensitive';

/** Whether a filter takes the key as text or as a number. */
export type KeyKind = 'text' | 'number';

/** Finds ends of links in the schema of its side. */
export interface LinkEnds {
  /** @returns why there is no such end, in words for the operator */
  find(end: WantedEnd, schema: GraphQLSchema): FoundEnd | string;
}

/** One end of a link, as the configuration names it. */
export interface WantedEnd extends Pick<LinkOptions, 'many'> {
  /** `from` or `to`. */
  readonly at: string;
  /** Only with `to`. */
  readonly key?: string;
}

export interface FoundEnd {
  /** The type of its records, on which link fields stand. */
  readonly typeName: string;
  /** Where on a record the key is read. */
  readonly keyPath: readonly string[];
  /** How its records are found by the key, or why they cannot be. */
  readonly target: LinkTarget | string;
}

/** The far end of a link: finds records by their keys, in its source's own words. */
export interface LinkTarget {
  readonly side: Side;
  /** The type of the link field: of one record, or of a page of many. */
  readonly typeName: string;
  /** Arguments of the link field. */
  readonly args: GraphQLFieldConfigArgumentMap;
  /** The link field in words. @param keyPath where on the record it stands on the key is read */
  readonly describe: (keyPath: readonly string[]) => string;
  /** What following it asks, in words. */
  readonly reads: string;
  /** Whether it matters where the record stands that is linked from. */
  readonly isScoped: boolean;
  /** How many keys are asked for at once in that tenant. */
  readonly batchFor: (tenant: string) => KeyBatch;
  /** Whether a record could have that key at all. */
  readonly canAsk: (key: LinkKey, match: KeyMatch) => boolean;
  /** The query that every question asks there, where there is but one: what cannot be planned of it is known beforehand. */
  readonly query?: (place: Pick<LinkQuestion, 'prefix' | 'selections'>) => LinkQuery;
  /** @throws GatewayError when nothing is known of any of the keys */
  readonly load: (question: LinkQuestion) => Promise<LinkedRows>;
}

export interface KeyBatch {
  readonly keys: number;
  /** The first batch may show how large the next ones had better be. */
  readonly isLearning: boolean;
}

/** One field of the gateway that leads from one side to the other. */
export interface LinkField {
  /** Type the field stands on. */
  readonly owner: string;
  readonly name: string;
  /** Where on the owner the key is read. */
  readonly keyPath: readonly string[];
  readonly match: KeyMatch;
  /** Undefined while the tenant's schema is not known: then nothing can be asked there. */
  readonly target: LinkTarget | undefined;
}

/** Whose field a link's virtual root is. */
export const sideOfTarget = ({ target }: LinkField): Side => target?.side ?? 'hosted';

/** What one place of an operation wants to know of many keys. */
export interface LinkQuestion {
  readonly keys: readonly LinkKey[];
  readonly match: KeyMatch;
  /** Arguments of the link field, as written. */
  readonly written: readonly ArgumentNode[];
  /** The value of one of them, not coerced. */
  readonly argument: (name: string) => unknown;
  /** What is selected of each record: no link fields, but the keys that they are followed by. */
  readonly selections: readonly SelectionNode[];
  /** What names of the gateway begin with: no name of the document does. */
  readonly prefix: string;
  /**
   * Asks the side that the link leads to.
   * @param given values of the query's own variables
   * @throws GatewayError when no answer came
   */
  readonly ask: (query: LinkQuery, given: Variables) => Promise<LinkAnswer>;
  readonly scope: LinkScope | undefined;
  /** The one that is asked. */
  readonly tenant: string;
}

/** A query of the far end. Its document is made once for each name at one place of an operation. */
export interface LinkQuery {
  /** Tells it apart from the other queries of that place. */
  readonly name: string;
  readonly make: () => MadeQuery;
}

export interface MadeQuery {
  readonly root: FieldNode;
  /** GraphQL types of its variables. */
  readonly types: Readonly<Record<string, string>>;
  /** The fields in it whose values are the records, or pages of them: they end with the question's selections. */
  readonly records: readonly FieldNode[];
}

export interface LinkAnswer {
  readonly data: unknown;
  readonly errors: readonly GraphQLError[];
}

/** Where the record is looked for that a link leads to, as far as the record it stands on says so. */
export type LinkScope = Readonly<Record<string, string | undefined>>;

export interface LinkedRows {
  readonly rows: readonly LinkedRow[];
  /** Of no row: they are those of every key that was not found. */
  readonly errors: readonly GraphQLError[];
  /** Names the place to a person. */
  readonly place: string;
  readonly source: ErrorSource;
  /** Where links below these rows are looked for. */
  readonly scope: LinkScope | undefined;
}

export interface LinkedRow {
  /** The value of its key field. */
  readonly key: unknown;
  readonly value: unknown;
  /** Names it to a person: `_id 7`. */
  readonly name: string;
  /** Below it, with paths that begin at it. */
  readonly errors: readonly GraphQLError[];
}

/** Links of one combined schema. */
export interface LinkSet {
  /** By type, then by field. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, LinkField>>;
  /** Names of link fields on any type: what has none of these reaches no link. */
  readonly names: ReadonlySet<string>;
}

export const NO_LINKS: LinkSet = { fields: new Map(), names: new Set() };

export function toLinkSet(links: readonly LinkField[]): LinkSet {
  const fields = new Map<string, Map<string, LinkField>>();
  for (const link of links) {
    const onType = fields.get(link.owner) ?? new Map<string, LinkField>();
    fields.set(link.owner, onType.set(link.name, link));
  }
  return { fields, names: new Set(links.map(({ name }) => name)) };
}
