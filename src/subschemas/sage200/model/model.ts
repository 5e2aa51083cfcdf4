import type { Codec } from '../values/codec.ts';
import { toCamelCase } from './names.ts';

/** The resources of Sage 200, read once from the SDL. Everything else in this folder is derived from it. */
export interface Sage200Model {
  readonly rowTypes: ReadonlyMap<string, RowType>;
  readonly enums: ReadonlyMap<string, EnumType>;
  readonly lookups: readonly LookupField[];
  /** Hand-written inputs of actions, read like rows. */
  readonly inputTypes: ReadonlyMap<string, RowType>;
  /** POST and PUT requests of Sage besides changes of rows, by `actionKey`. */
  readonly actions: ReadonlyMap<string, Action>;
  /** First release that has it, by the first part of the path. */
  readonly releases: ReadonlyMap<string, string>;
}

export type ResourceOperation = 'LIST' | 'GET' | 'SINGLE' | 'CREATE' | 'UPDATE' | 'DELETE' | 'BULK_UPDATE';

/** A GraphQL object type for a row: of a resource, or embedded in one. */
export interface RowType {
  /** `Sage200SopOrder`. */
  readonly name: string;
  readonly description: string;
  readonly resource: Resource | undefined;
  /** By GraphQL name, in the order of the SDL. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Whether the type is a `Node`: Sage has a GET by id. */
  readonly isNode: boolean;
  /** Name of the type of these rows once saved: this type is created by the engine, not written in the SDL. */
  readonly unsavedOf: string | undefined;
}

export interface Resource {
  /** `sop_orders`. */
  readonly path: string;
  readonly operations: ReadonlySet<ResourceOperation>;
  /** Path for creating rows below a parent, with the REST name of the parent's id in braces. */
  readonly createPath: string | undefined;
  /** Order used if none is requested. */
  readonly defaultOrder: readonly OrderKey[];
  /** `sopOrders`; `companyDetailsList` if singular and plural are the same. */
  readonly listField: string;
  /** `sopOrder`. */
  readonly singleField: string;
  readonly perCompany: boolean;
  /** GraphQL names of the fields that find a row whose id is not known, the likeliest first. */
  readonly naturalKey: readonly string[];
  /** Edited under a lock: GET with `$expand=is_to_lock`, PUT with `lock_id`. */
  readonly isLocked: boolean;
  /** Query options beyond OData that only this list accepts. */
  readonly parameters: readonly ResourceParameter[];
  readonly since: string | undefined;
}

export type ResourceParameter = 'AGEING_DATE_TYPE' | 'PERIOD_NUMBER';

export interface OrderKey {
  /** REST name. */
  readonly field: string;
  readonly descending: boolean;
}

interface FieldBase {
  readonly name: string;
  /** The field's name in REST bodies. */
  readonly restName: string;
  readonly description: string | undefined;
  readonly since: string | undefined;
}

/** The built-in scalars that a row uses, or the name of an enum type. */
export type ScalarName =
  | 'ID'
  | 'String'
  | 'Int'
  | 'Boolean'
  | 'Sage200Decimal'
  | 'Sage200Long'
  | 'Sage200Date'
  | 'Sage200DateTime'
  | (string & {});

export interface ScalarField extends FieldBase {
  readonly kind: 'scalar';
  readonly scalar: ScalarName;
  readonly enumType: EnumType | undefined;
  readonly list: boolean;
  readonly nonNull: boolean;
  readonly required: boolean;
  /** Never empty in Sage, though an answer may still lack it. */
  readonly filled: boolean;
  readonly readOnly: boolean;
  readonly writeOnly: boolean;
  /** Never changed after the row was created. */
  readonly createOnly: boolean;
  /** Write-only, and only for an existing row. */
  readonly updateOnly: boolean;
  readonly maxLength: number | undefined;
  /** Smallest and largest value. */
  readonly range: readonly number[] | undefined;
  readonly scale: number | undefined;
  readonly lookup: string | undefined;
  /** Path of Sage's list of the members of this column, if it contains members. */
  readonly memberList: string | undefined;
  /** Name of the custom `$expand` that includes it. */
  readonly expand: string | undefined;
  readonly filterable: boolean;
  /** A name that Sage accepts in a filter but that is in no row. */
  readonly filterOnly: boolean;
  /** The type whose id this is, if no linked row shows it. */
  readonly refersTo: string | undefined;
}

/** The gateway's own id: source, site, company, type and key in one. */
export interface GlobalIdField extends FieldBase {
  readonly kind: 'globalId';
}

/** One row of another resource. */
export interface LinkedField extends FieldBase {
  readonly kind: 'linked';
  readonly typeName: string;
  /** REST name of the field that contains the other row's id. */
  readonly key: string;
  readonly expandable: boolean;
}

/** Rows or an object inside this row, returned only when expanded. */
export interface ChildrenField extends FieldBase {
  readonly kind: 'children';
  readonly typeName: string;
  readonly list: boolean;
  readonly readOnly: boolean;
  /** Must be given on create. */
  readonly required: boolean;
  /** False if Sage always returns it. */
  readonly expandable: boolean;
}

/** Rows of another resource that point back to this row. */
export interface ListField extends FieldBase {
  readonly kind: 'list';
  readonly typeName: string;
  /** REST name of the other resource's field that contains this row's id. */
  readonly by: string | undefined;
  /** Nested path with a REST name in braces, if the other resource does not have its own list. */
  readonly path: string | undefined;
  /** REST name of this row's field that finds the list. */
  readonly key: string;
}

export type Field = ScalarField | GlobalIdField | LinkedField | ChildrenField | ListField;

export interface EnumType {
  readonly name: string;
  readonly members: readonly string[];
  /** Converts its members between Sage 200 and the graph. */
  readonly codec: Codec;
}

export interface LookupField {
  readonly name: string;
  readonly path: string;
  readonly since: string | undefined;
}

/** A root field that is one POST or PUT of Sage. */
export interface Action {
  readonly name: string;
  readonly description: string;
  /** False for a read-only POST: a field of `Sage200`. */
  readonly writes: boolean;
  readonly path: string;
  readonly method: 'POST' | 'PUT';
  readonly since: string | undefined;
  /** Name of the type whose rows show whether it was done, if it is not the answer's type. */
  readonly foundIn: string | undefined;
  /** The plain arguments, without `input`. */
  readonly givenArguments: RowType;
  readonly input: { readonly type: RowType; readonly use: 'create' | 'update' | 'child' } | undefined;
  /** Missing if Sage has no answer. */
  readonly answer: { readonly type: RowType; readonly list: boolean } | undefined;
}

/** The field with that REST name, if it is a plain value. */
export function scalarByRestName(type: RowType, restName: string): ScalarField | undefined {
  for (const field of type.fields.values()) {
    if (field.kind === 'scalar' && field.restName === restName) return field;
  }
  return undefined;
}

/** `sopOrdersNew` is both a query and a mutation. */
export const actionKey = ({ name, writes }: Pick<Action, 'name' | 'writes'>): string =>
  `${writes ? 'Sage200Mutation' : 'Sage200'}.${name}`;

/** A type of rows or of inputs: both define the fields of a body. */
export const bodyType = (model: Pick<Sage200Model, 'rowTypes' | 'inputTypes'>, name: string): RowType | undefined =>
  model.rowTypes.get(name) ?? model.inputTypes.get(name);

/** The argument of a `create…` that names the parent; undefined if rows have none. */
export function parentArgument({ createPath }: Resource): string | undefined {
  const [, restName] = /\{(\w+)\}/.exec(createPath ?? '') ?? [];
  return restName === undefined ? undefined : toCamelCase(restName);
}

/** `updateCouriers`: many rows with one PUT. */
export const bulkFieldOf = ({ listField }: Resource): string =>
  `update${listField.charAt(0).toUpperCase()}${listField.slice(1)}`;

export const hasId = (type: RowType): boolean => scalarByRestName(type, 'id') !== undefined;
