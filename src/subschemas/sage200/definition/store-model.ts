import type {
  Action,
  ChildrenField,
  EnumType,
  Field,
  LinkedField,
  ListField,
  LookupField,
  Resource,
  RowType,
  Sage200Model,
  ScalarField,
} from '../model/model.ts';
import { actionKey, bodyType } from '../model/model.ts';
import { toRestName } from '../model/names.ts';
import { enumCodec, type OnUnknownMember } from '../values/members.ts';

/** A model as JSON: what a field does not have is left out. */
export interface StoredModel {
  readonly rowTypes: readonly StoredRowType[];
  readonly inputTypes: readonly StoredRowType[];
  readonly enums: readonly StoredEnum[];
  readonly lookups: readonly LookupField[];
  readonly actions: readonly StoredAction[];
  readonly releases: readonly (readonly [path: string, since: string])[];
}

type StoredField = Partial<Field> & Pick<Field, 'name'>;
type StoredEnum = Pick<EnumType, 'name' | 'members'> & { readonly byNumber: Readonly<Record<string, string>> };

interface StoredRowType extends Omit<RowType, 'fields' | 'resource' | 'unsavedOf'> {
  readonly unsavedOf?: string;
  readonly resource?: Omit<Resource, 'operations'> & { readonly operations: readonly string[] };
  readonly fields: readonly StoredField[];
}

interface StoredAction extends Omit<Action, 'givenArguments' | 'input' | 'answer'> {
  readonly givenArguments: StoredRowType;
  readonly input?: { readonly type: string; readonly use: 'create' | 'update' | 'child' };
  readonly answer?: { readonly type: string; readonly list: boolean };
}

const ABSENT = { description: undefined, since: undefined };

/** Fields without any of the things that a field may have. */
const BARE = {
  scalar: {
    kind: 'scalar',
    name: '',
    restName: '',
    ...ABSENT,
    scalar: 'String',
    enumType: undefined,
    list: false,
    nonNull: false,
    required: false,
    filled: false,
    readOnly: false,
    writeOnly: false,
    createOnly: false,
    updateOnly: false,
    maxLength: undefined,
    range: undefined,
    scale: undefined,
    lookup: undefined,
    memberList: undefined,
    expand: undefined,
    filterable: true,
    filterOnly: false,
    refersTo: undefined,
  } satisfies ScalarField,
  globalId: { kind: 'globalId', name: '', restName: '', ...ABSENT },
  linked: {
    kind: 'linked',
    name: '',
    restName: '',
    ...ABSENT,
    typeName: '',
    key: '',
    expandable: true,
  } satisfies LinkedField,
  children: {
    kind: 'children',
    name: '',
    restName: '',
    ...ABSENT,
    typeName: '',
    list: false,
    readOnly: false,
    required: false,
    expandable: true,
  } satisfies ChildrenField,
  list: {
    kind: 'list',
    name: '',
    restName: '',
    ...ABSENT,
    typeName: '',
    by: undefined,
    path: undefined,
    key: 'id',
  } satisfies ListField,
} as const;

export const storeModel = (model: Sage200Model): StoredModel => ({
  rowTypes: [...model.rowTypes.values()].map(storeRowType),
  inputTypes: [...model.inputTypes.values()].map(storeRowType),
  enums: [...model.enums.values()].map(({ name, members, byNumber }) => ({
    name,
    members,
    byNumber: Object.fromEntries(byNumber),
  })),
  lookups: model.lookups,
  actions: [...model.actions.values()].map(({ givenArguments, input, answer, ...action }) => ({
    ...action,
    givenArguments: storeRowType(givenArguments),
    ...(input && { input: { ...input, type: input.type.name } }),
    ...(answer && { answer: { ...answer, type: answer.type.name } }),
  })),
  releases: [...model.releases],
});

const storeRowType = ({ fields, resource, unsavedOf, ...type }: RowType): StoredRowType => ({
  ...type,
  ...(unsavedOf !== undefined && { unsavedOf }),
  ...(resource && { resource: { ...resource, operations: [...resource.operations] } }),
  fields: [...fields.values()].map(storeField),
});

function storeField(field: Field): StoredField {
  const bare: Partial<Field> = { ...BARE[field.kind], restName: toRestName(field.name) };
  const special = Object.entries(field).filter(
    ([key, value]) =>
      key === 'name' || (key !== 'enumType' && JSON.stringify(value) !== JSON.stringify(bare[key as keyof Field])),
  );
  const kind = field.kind === 'scalar' ? {} : { kind: field.kind };
  return { ...kind, ...Object.fromEntries(special) } as StoredField;
}

/** The model that was stored. The fields of a type are created when they are first used. */
export function restoreModel(stored: StoredModel, onUnknown: OnUnknownMember = () => {}): Sage200Model {
  const enums = new Map(stored.enums.map((each) => [each.name, restoreEnum(each, onUnknown)]));
  const byName = (types: readonly StoredRowType[]) =>
    new Map(types.map((type) => [type.name, restoreRowType(type, enums)]));
  const rows = { rowTypes: byName(stored.rowTypes), inputTypes: byName(stored.inputTypes) };
  const typeOf = (name: string): RowType => {
    const type = bodyType(rows, name);
    if (type) return type;
    throw new Error(`The type ${name} is not stored. Run npm run schema.`);
  };
  const actions = stored.actions.map(
    ({ givenArguments, input, answer, ...action }): Action => ({
      ...action,
      since: action.since,
      foundIn: action.foundIn,
      givenArguments: restoreRowType(givenArguments, enums),
      input: input && { ...input, type: typeOf(input.type) },
      answer: answer && { ...answer, type: typeOf(answer.type) },
    }),
  );
  return {
    ...rows,
    enums,
    lookups: stored.lookups,
    actions: new Map(actions.map((action) => [actionKey(action), action])),
    releases: new Map(stored.releases),
  };
}

function restoreEnum({ name, members, byNumber: numbers }: StoredEnum, onUnknown: OnUnknownMember): EnumType {
  const byNumber = new Map(Object.entries(numbers));
  return { name, members, byNumber, codec: enumCodec({ name, members, byNumber, onUnknown }) };
}

function restoreRowType({ resource, fields, ...type }: StoredRowType, enums: ReadonlyMap<string, EnumType>): RowType {
  let restored: ReadonlyMap<string, Field> | undefined;
  return {
    ...type,
    unsavedOf: type.unsavedOf,
    resource: resource && ({ ...resource, operations: new Set(resource.operations) } as Resource),
    get fields() {
      restored ??= new Map(fields.map((field) => [field.name, restoreField(field, enums)]));
      return restored;
    },
  };
}

function restoreField(stored: StoredField, enums: ReadonlyMap<string, EnumType>): Field {
  const restName = toRestName(stored.name);
  const field = { ...BARE[stored.kind ?? 'scalar'], restName, ...stored } as Field;
  return field.kind === 'scalar' ? { ...field, enumType: enums.get(field.scalar) } : field;
}
