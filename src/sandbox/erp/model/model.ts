import type { DefinitionNode, FieldDefinitionNode } from 'graphql';

/** How a property's value is kept and compared. */
export type PropertyKind =
  | 'id'
  | 'string'
  | 'boolean'
  | 'int'
  | 'decimal'
  | 'date'
  | 'datetime'
  | 'json'
  | 'enum'
  | 'stream'
  | 'reference'
  | 'collection';

/** Default of a property at creation. */
export interface Default {
  readonly value?: string | boolean | number;
  /** Another property of the same record, or one behind a reference: `soldToCustomer.currency`. */
  readonly from?: string;
  /** Prefix of a running number. */
  readonly sequence?: string;
  readonly today?: boolean;
}

/** How to calculate a property that is not stored in the record; the directives of schema.graphql explain each. */
export type Computed =
  | { readonly how: 'via'; readonly path: readonly string[] }
  | { readonly how: 'back'; readonly by: string; readonly where: string | undefined }
  | { readonly how: 'exists'; readonly of: string }
  | { readonly how: 'find'; readonly by: readonly string[] }
  | { readonly how: 'sum'; readonly over: string; readonly of: readonly string[] }
  | { readonly how: 'product'; readonly of: readonly string[]; readonly times: string }
  | { readonly how: 'key' }
  | { readonly how: 'join'; readonly of: readonly string[]; readonly separator: string };

export interface PropertyModel {
  /** As served in this release. */
  readonly name: string;
  /** As stored in records and used in paths, the same in every release. */
  readonly column: string;
  readonly kind: PropertyKind;
  /** Name of the output type as served, for example `SalesOrderLine_Collection`. */
  readonly typeName: string;
  /** Node behind a reference or in a collection. */
  readonly target: string | undefined;
  /** Collections: the children whose column `by` points at this record, or at the one in this record's column `of`. */
  readonly children: { readonly by: string; readonly of: string | undefined } | undefined;
  readonly computed: Computed | undefined;
  /** Present in the input type. */
  readonly writable: boolean;
  readonly required: boolean;
  /** Owned by this record: given as an object (or list of changes), deleted with it. */
  readonly vital: boolean;
  readonly default: Default | undefined;
}

/** Gives a message for every record that matches a filter. */
export interface Rule {
  readonly when: string;
  readonly message: string;
}

export type Operation =
  | 'readAggregate'
  | 'queryAggregate'
  | 'getDefaults'
  | 'lookups'
  | 'getDuplicate'
  | 'create'
  | 'update'
  | 'delete'
  | 'bulkUpdate'
  | 'duplicate'
  | 'asyncExport'
  | 'bulkDelete';

export interface NodeModel {
  /** Bare upper camel case name: `SalesOrder`. */
  readonly name: string;
  /** Field of the package: `salesOrder`. */
  readonly field: string;
  readonly package: string;
  /** Columns of the natural key; a reference among them stands for that record's own key. */
  readonly key: readonly string[];
  /** Besides `read` and `query`, which every node has. */
  readonly operations: ReadonlySet<Operation>;
  /** By the name served. */
  readonly properties: ReadonlyMap<string, PropertyModel>;
  /** The same by column. */
  readonly columns: ReadonlyMap<string, PropertyModel>;
  /** Records that may be neither changed nor deleted. */
  readonly frozen: Rule | undefined;
  /** Warnings (severity 2) with a successful create or update. */
  readonly warnings: readonly Rule[];
  /** Custom operations, as written in the schema file. */
  readonly queries: readonly FieldDefinitionNode[];
  readonly mutations: readonly FieldDefinitionNode[];
}

/** One release of the ERP: everything that its schema and its behaviour are derived from. */
export interface Model {
  readonly nodes: ReadonlyMap<string, NodeModel>;
  readonly enums: ReadonlyMap<string, readonly string[]>;
  /** Types of custom operations, served unchanged. */
  readonly definitions: readonly DefinitionNode[];
  /** Records are identified only by their natural keys, as in Sage X3. @default false */
  readonly idsAreKeys?: boolean;
}

/** @throws Error for a name that is not in the model: a bug of the sandbox, not of its caller. */
export function nodeOf(model: Model, name: string): NodeModel {
  const node = model.nodes.get(name);
  if (!node) throw new Error(`the sandbox has no node ${name}`);
  return node;
}
