import {
  type DirectiveLocation,
  GraphQLDirective,
  GraphQLEnumType,
  type GraphQLEnumValueConfigMap,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLFieldConfigMap,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  type GraphQLNullableType,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  type GraphQLSchema,
  type GraphQLType,
  GraphQLUnionType,
  introspectionTypes,
  parseValue,
  specifiedScalarTypes,
} from 'graphql';
import { LazySchema } from '../../../kit/lazy-schema.ts';
import { DefaultText, NO_REASON } from '../../../kit/shown-values.ts';
import { KINDS, LIST, NO_REASON_CODE, type PackedSchema } from './packed-schema.ts';

/** Shared: an empty object for each of fifty thousand fields would take megabytes. Frozen, so that nobody changes it. */
const NO_EXTENSIONS = Object.freeze(Object.create(null) as Record<string, unknown>);

const OURS = new Map([...specifiedScalarTypes, ...introspectionTypes].map((type) => [type.name, type]));

/** A schema whose types are built from the packed one when their fields are first used. */
export function buildSchema(packed: PackedSchema): GraphQLSchema {
  return new Builder(packed).schema();
}

class Builder {
  readonly #packed: PackedSchema;
  readonly #types: readonly GraphQLNamedType[];
  /** `[Item!]!` is one shared object. */
  readonly #wrapped = new Map<number, GraphQLType>();

  constructor(packed: PackedSchema) {
    this.#packed = packed;
    this.#types = Array.from({ length: packed.typeCount }, (_, index) => this.#type(packed.typeAt(index)));
  }

  schema(): GraphQLSchema {
    const { description, query, mutation, notShown } = this.#packed;
    return new LazySchema({
      description,
      query: this.#typeAt(query) as GraphQLObjectType,
      mutation: mutation === undefined ? undefined : (this.#typeAt(mutation) as GraphQLObjectType),
      types: this.#types,
      directives: this.#directives(),
      notShown,
    });
  }

  #type(at: number): GraphQLNamedType {
    const reader = this.#reader(at);
    const kind = KINDS[reader.number()] ?? 'SCALAR';
    const name = reader.text() ?? '';
    const ours = OURS.get(name);
    if (ours) return ours;
    const head = { name, description: reader.text(), extensions: NO_EXTENSIONS };
    const body = reader.at;
    switch (kind) {
      case 'SCALAR':
        return new GraphQLScalarType({ ...head, specifiedByURL: reader.text() });
      case 'OBJECT':
        return new GraphQLObjectType({
          ...head,
          interfaces: () => this.#members(body) as GraphQLInterfaceType[],
          fields: () => this.#fields(body),
        });
      case 'INTERFACE':
        return new GraphQLInterfaceType({
          ...head,
          interfaces: () => this.#members(body) as GraphQLInterfaceType[],
          fields: () => this.#fields(body),
        });
      case 'UNION':
        return new GraphQLUnionType({ ...head, types: () => this.#members(body) as GraphQLObjectType[] });
      case 'ENUM':
        return new GraphQLEnumType({ ...head, values: () => this.#values(body) });
      case 'INPUT_OBJECT':
        return new GraphQLInputObjectType({
          ...head,
          isOneOf: reader.number() === 1,
          fields: () => this.#inputs(this.#reader(body + 1)),
        });
    }
  }

  #members(at: number): GraphQLNamedType[] {
    const reader = this.#reader(at);
    return reader.each(() => this.#typeAt(reader.number()));
  }

  #fields(at: number): GraphQLFieldConfigMap<unknown, unknown> {
    const reader = this.#reader(at);
    reader.each(() => reader.number());
    return toMap(
      reader.each(() => {
        const [name, head] = reader.head();
        const type = this.#reference(reader) as GraphQLOutputType;
        return [name, { ...head, type, args: this.#inputs(reader) }];
      }),
    );
  }

  #values(at: number): GraphQLEnumValueConfigMap {
    const reader = this.#reader(at);
    return toMap(reader.each(() => reader.head()));
  }

  #inputs(reader: Reader): GraphQLFieldConfigArgumentMap {
    return toMap(
      reader.each(() => {
        const [name, head] = reader.head();
        const type = this.#reference(reader) as GraphQLInputType;
        return [name, { ...head, type, defaultValue: toDefault(reader.text()) }];
      }),
    );
  }

  #directives(): GraphQLDirective[] {
    const reader = this.#reader(this.#packed.directivesAt);
    return reader.each(
      () =>
        new GraphQLDirective({
          name: reader.text() ?? '',
          description: reader.text(),
          isRepeatable: reader.number() === 1,
          locations: reader.each(() => reader.text() as DirectiveLocation),
          args: this.#inputs(reader),
        }),
    );
  }

  #reference(reader: Reader): GraphQLType {
    const [index, wrappers] = [reader.number(), reader.number()];
    if (wrappers === 0) return this.#typeAt(index);
    const key = index * 2 ** 32 + wrappers;
    const known = this.#wrapped.get(key);
    if (known) return known;
    let type: GraphQLType = this.#typeAt(index);
    for (let left = wrappers; left > 0; left = Math.floor(left / 4))
      type = left % 4 === LIST ? new GraphQLList(type) : new GraphQLNonNull(type as GraphQLNullableType);
    this.#wrapped.set(key, type);
    return type;
  }

  #typeAt(index: number): GraphQLNamedType {
    const type = this.#types[index];
    if (type) return type;
    throw new TypeError('the packed schema refers to a missing type');
  }

  readonly #reader = (at: number) => new Reader(this.#packed, at);
}

class Reader {
  readonly #packed: PackedSchema;
  at: number;

  constructor(packed: PackedSchema, at: number) {
    this.#packed = packed;
    this.at = at;
  }

  number(): number {
    const number = this.#packed.at(this.at);
    this.at += 1;
    return number;
  }

  text(): string | undefined {
    return this.#packed.text(this.number());
  }

  /** What fields, arguments and values have in common. */
  head() {
    const name = this.text() ?? '';
    return [
      name,
      { description: this.text(), deprecationReason: this.#deprecation(), extensions: NO_EXTENSIONS },
    ] as const;
  }

  #deprecation(): string | undefined {
    const code = this.number();
    return code === NO_REASON_CODE ? NO_REASON : this.#packed.text(code);
  }

  each<Item>(read: () => Item): Item[] {
    return Array.from({ length: this.number() }, read);
  }
}

const toMap = <Item>(items: readonly (readonly [string, Item])[]): Record<string, Item> => {
  const map = Object.create(null) as Record<string, Item>;
  for (const [name, item] of items) map[name] = item;
  return map;
};

/** An invalid default value is the tenant's mistake: the field can still be used, and tools can read the schema. */
function toDefault(text: string | undefined): DefaultText | undefined {
  if (text === undefined) return undefined;
  try {
    parseValue(text, { noLocation: true });
    return new DefaultText(text);
  } catch {
    return undefined;
  }
}
