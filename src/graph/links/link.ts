import type { GraphQLArgument, GraphQLObjectType } from 'graphql';

/** A link as the configuration writes it. */
export interface LinkOptions {
  /** Field added to the Sage 200 type. */
  readonly name: string;
  /** `Sage200Type.field`. */
  readonly from: string;
  /** `package.node`. */
  readonly to: string;
  /** Field of the node that holds the same key, or a dotted path to it. */
  readonly key: string;
  /** Field added to the node, back to Sage 200. */
  readonly reverse?: string | undefined;
  readonly match: KeyMatch;
  /** Several nodes may have the key. */
  readonly many: boolean;
}

export type KeyMatch = 'exact' | 'caseInsensitive';

/** One field of ours that leads from one system into the other. */
export interface LinkField {
  /** Type the field stands on. */
  readonly owner: string;
  readonly name: string;
  /** Where on the owner the key is read. */
  readonly keyPath: readonly string[];
  readonly match: KeyMatch;
  readonly target: ErpTarget | Sage200Target | AbsentTarget;
}

/** Nodes of a tenant, found by its own `query` with a filter. */
export interface ErpTarget {
  readonly kind: 'erp';
  readonly package: string;
  readonly node: string;
  readonly nodeType: GraphQLObjectType;
  /** What the node's `query` answers: `edges`, `totalCount` and so on. */
  readonly pageType: GraphQLObjectType;
  /** Arguments of `query`, its filter aside. */
  readonly pageArguments: readonly GraphQLArgument[];
  readonly keyPath: readonly string[];
  readonly keyKind: KeyKind;
  readonly many: boolean;
}

/** Rows of a Sage 200 resource, found by its own list with a filter. */
export interface Sage200Target {
  readonly kind: 'sage200';
  readonly typeName: string;
  /** `customers`, a field of `Sage200`. */
  readonly listField: string;
  readonly keyField: string;
  /** GraphQL type of one key in the list's filter. */
  readonly keyType: string;
  readonly keyKind: KeyKind;
  readonly hasSageId: boolean;
}

/** The tenant's schema is not known, so nothing can be asked there. */
export interface AbsentTarget {
  readonly kind: 'absent';
}

/** Whether a filter takes the key as text or as a number. */
export type KeyKind = 'text' | 'number';

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
