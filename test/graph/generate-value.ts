import {
  type GraphQLArgument,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

/** A choice among many, made again the same way for the same number. */
export type Choose = <Item>(items: readonly Item[]) => Item;

/** What an argument may be given; undefined: it is left out, and a field that needs it too. */
export type GiveValue = (argument: GraphQLArgument, choose: Choose) => unknown;

const TENANT_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  _id: ['1', '2', '#ABS001', '#GB', '#BLT-M04-ZN', '#EACH'],
  first: [0, 1, 2, 3],
  filter: ['{_id: {_lte: 3}}', '{"_id":{"_in":[1,2]}}', '[]', '{}', "{_id: {_ne: '1'}}"],
  orderBy: ['{_id: 1}', '{_id: -1}', '{"_id":1}'],
  selector: ['rating', 'none'],
};

/** What the vendor's own operations are asked with. */
export const tenantValue: GiveValue = ({ name }, choose) => {
  const values = TENANT_VALUES[name];
  return values && choose(values);
};

/** A value of any type there is: lists in lists, members of enumerations, objects in objects. */
export const anyTypesValue: GiveValue = (argument, choose) => {
  const { name, type } = argument;
  return tenantValue(argument, choose) ?? (name in TENANT_VALUES ? undefined : anyValue(type, choose, 3));
};

function anyValue(type: GraphQLInputType, choose: Choose, depth: number): unknown {
  if (isNonNullType(type)) return anyValue(type.ofType, choose, depth) ?? [];
  if (isListType(type)) return Array.from({ length: choose([0, 1, 2, 3]) }, () => anyValue(type.ofType, choose, depth));
  if (isEnumType(type)) return choose(type.getValues()).name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(() => depth > 0 && choose([true, false]));
    return Object.fromEntries(fields.map((field) => [field.name, anyValue(field.type, choose, depth - 1)]));
  }
  if (type.name === 'Boolean') return choose([true, false]);
  if (type.name === 'Int') return choose([0, 1, -7, 2_147_483_647]);
  if (type.name === 'Float') return choose([0, 1.5, -2]);
  return choose(['a', '', 'ü "quoted" \\ {braces} $dollar', '12']);
}

/** What lists of Sage 200 are asked with. */
export const sage200Value: GiveValue = ({ name, type }, choose) => {
  const named = getNamedType(type);
  if (name === 'first') return choose([1, 2, 3]);
  if (name === 'changedSince') return choose(['2001-01-01T00:00:00Z', '2020-02-29T23:59:59.999Z']);
  const keys = isInputObjectType(named) ? Object.values(named.getFields()) : [];
  if (name === 'orderBy' && keys.length > 0) return [{ [choose(keys).name]: choose(['ASC', 'DESC']) }];
  const texts = keys.filter((key) => getNamedType(key.type).name === 'Sage200StringFilter');
  if (name === 'filter' && texts.length > 0)
    return { [choose(texts).name]: { ne: choose(['nothing', "O'Brien & $co"]) } };
  return undefined;
};

/** A value as it stands in a document. */
export function writeLiteral(value: unknown, type: GraphQLInputType, choose: Choose): string {
  const bare = isNonNullType(type) ? type.ofType : type;
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) {
    const inner = isListType(bare) ? bare.ofType : bare;
    return `[${value.map((each) => writeLiteral(each, inner, choose)).join(', ')}]`;
  }
  if (isInputObjectType(bare) && typeof value === 'object') {
    const fields = bare.getFields();
    const entries = Object.entries(value).flatMap(([key, each]) => {
      const field = fields[key];
      return field ? [`${key}: ${writeLiteral(each, field.type, choose)}`] : [];
    });
    return `{ ${entries.join(', ')} }`;
  }
  // Clients in the field quote members of enumerations, and tenants take it.
  if (isEnumType(bare)) return bare.name.endsWith('_EnumInput') && choose([true, false]) ? `"${value}"` : String(value);
  return JSON.stringify(value);
}
