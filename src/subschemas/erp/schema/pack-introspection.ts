import { isObject } from '../../../kit/json.ts';
import { KINDS, type Kind, LIST, NO_REASON_CODE, NON_NULL, packSchema } from './packed-schema.ts';

type Json = Readonly<Record<string, unknown>>;

interface Named {
  readonly index: number;
  readonly kind: Kind;
}

const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;
const NOT_FOR_ENUMS = new Set(['true', 'false', 'null']);
const STANDARD_SCALARS = new Set(['Int', 'Float', 'String', 'Boolean', 'ID']);
const INPUTS = new Set<Kind>(['SCALAR', 'ENUM', 'INPUT_OBJECT']);
const OUTPUTS = new Set<Kind>(['SCALAR', 'OBJECT', 'INTERFACE', 'UNION', 'ENUM']);
/** Introspection queries this many levels; with two bits each, they fit into a word. */
const MAX_WRAPPERS = 15;
/** Schema coordinates of what is not shown, root fields first. */
const MAX_NOT_SHOWN = 200;

/**
 * Checks `__schema` of an introspection answer completely, so that types can be built from it later, one by
 * one, without failing. Three things are changed: root fields become nullable, except those of interfaces, since they are null if
 * the tenant cannot be reached; subscriptions are removed, since the gateway has none;
 * and a field, argument or input whose type is nested more deeply than introspection shows is left out, and listed as not shown.
 * @throws TypeError naming what is wrong
 */
export function packIntrospection(schema: Json): Buffer {
  return new Packer(schema).pack();
}

class Packer {
  readonly #schema: Json;
  readonly #list: readonly Json[];
  readonly #types = new Map<string, Named>();
  readonly #texts = new Map<string, number>();
  #codes: number[] = [];
  /** Coordinates of root fields, and of everything else. */
  readonly #notShown = { root: [] as string[], below: [] as string[] };
  /** What is being read, for error messages. */
  #place = 'the schema';

  constructor(schema: Json) {
    this.#schema = schema;
    this.#list = this.#objects(schema['types'], 'types');
  }

  pack(): Buffer {
    this.#list.forEach((type, index) => {
      const name = this.#nameOf(type);
      const kind = KINDS.find((each) => each === type['kind']);
      if (!kind) throw this.#wrong(`type ${name} has an unknown kind`);
      if (this.#types.has(name)) throw this.#wrong(`type ${name} is defined twice`);
      if (STANDARD_SCALARS.has(name) && kind !== 'SCALAR') throw this.#wrong(`type ${name} is not a scalar`);
      this.#types.set(name, { index, kind });
    });
    const { queryType, mutationType } = this.#schema;
    const query = this.#root(queryType) ?? this.#fail('there is no query type');
    const mutation = this.#root(mutationType);
    const roots = new Set([query, mutation]);
    const types = this.#list.map((type, index) => this.#collect(() => this.#type(type, roots.has(index))));
    this.#place = 'a directive';
    const directives = this.#collect(() => this.#directives());
    const description = this.#text(this.#schema['description']);
    const notShown = [...this.#notShown.root, ...this.#notShown.below]
      .slice(0, MAX_NOT_SHOWN)
      .map((each) => this.#text(each));
    const texts = [...this.#texts.keys()];
    return packSchema({ types, directives, notShown, texts, description, query, mutation });
  }

  #type(type: Json, isRoot: boolean): void {
    const name = this.#nameOf(type);
    this.#place = `type ${name}`;
    const { kind } = this.#types.get(name) ?? this.#fail('it is unknown');
    this.#add(KINDS.indexOf(kind), this.#text(name), this.#text(type['description']));
    switch (kind) {
      case 'SCALAR':
        this.#add(this.#text(type['specifiedByURL']));
        break;
      case 'OBJECT':
      case 'INTERFACE':
        // Old servers have no interfaces on interfaces.
        this.#references(type['interfaces'] ?? [], 'INTERFACE');
        this.#fields(type, isRoot);
        break;
      case 'UNION':
        this.#references(type['possibleTypes'], 'OBJECT');
        break;
      case 'ENUM':
        this.#each(this.#objects(type['enumValues'], 'enumValues'), (value) => {
          if (NOT_FOR_ENUMS.has(this.#nameOf(value))) this.#fail(`${this.#nameOf(value)} is not allowed as a value`);
          this.#head(value);
        });
        break;
      case 'INPUT_OBJECT':
        this.#add(type['isOneOf'] === true ? 1 : 0);
        this.#inputs(type['inputFields'], 'inputFields', (input) => `${name}.${input}`);
    }
  }

  #fields(type: Json, isRoot: boolean): void {
    const promised = isRoot ? this.#namesInInterfaces(type) : undefined;
    const typeName = this.#nameOf(type);
    const fields = this.#objects(type['fields'], 'fields').filter((field) => {
      const isUsable = this.#objects(field['args'], 'args').every((each) => isWhole(each['type']) || isOptional(each));
      if (isWhole(field['type']) && isUsable) return true;
      this.#notShown[isRoot ? 'root' : 'below'].push(`${typeName}.${this.#nameOf(field)}`);
      return false;
    });
    this.#each(fields, (field) => {
      this.#head(field);
      const { type: given } = field;
      const mayBeNull = promised?.has(this.#nameOf(field)) === false && isObject(given) && given['kind'] === 'NON_NULL';
      this.#reference(mayBeNull ? given['ofType'] : given, OUTPUTS);
      this.#inputs(field['args'], 'args', (name) => `${typeName}.${this.#nameOf(field)}(${name}:)`);
    });
  }

  /** Types must be as strict as their interfaces. */
  #namesInInterfaces(type: Json): ReadonlySet<string> {
    const names = new Set(this.#objects(type['interfaces'] ?? [], 'interfaces').map((each) => each['name']));
    const interfaces = this.#list.filter(({ kind, name }) => kind === 'INTERFACE' && names.has(name));
    return new Set(
      interfaces.flatMap((each) => this.#objects(each['fields'], 'fields').map((field) => this.#nameOf(field))),
    );
  }

  /** @param coordinateOf the coordinate of one of them, by name */
  #inputs(inputs: unknown, what: string, coordinateOf: (name: string) => string): void {
    const shown = this.#objects(inputs, what).filter((input) => {
      if (isWhole(input['type'])) return true;
      this.#notShown.below.push(coordinateOf(this.#nameOf(input)));
      return false;
    });
    this.#each(shown, (input) => {
      this.#head(input);
      this.#reference(input['type'], INPUTS);
      this.#add(this.#text(input['defaultValue']));
    });
  }

  #directives(): void {
    this.#each(this.#objects(this.#schema['directives'] ?? [], 'directives'), (directive) => {
      this.#add(this.#text(this.#nameOf(directive)), this.#text(directive['description']));
      this.#add(directive['isRepeatable'] === true ? 1 : 0);
      const locations = directive['locations'];
      if (!Array.isArray(locations)) throw this.#wrong('it has no locations');
      this.#add(locations.length, ...locations.map((each: unknown) => this.#text(each)));
      this.#inputs(directive['args'], 'args', (name) => `@${this.#nameOf(directive)}(${name}:)`);
    });
  }

  #head(item: Json): void {
    this.#add(this.#text(this.#nameOf(item)), this.#text(item['description']), this.#deprecation(item));
  }

  #deprecation({ isDeprecated, deprecationReason }: Json): number {
    if (isDeprecated === false) return 0;
    return isDeprecated === true ? this.#text(deprecationReason) || NO_REASON_CODE : this.#text(deprecationReason);
  }

  #references(items: unknown, kind: Kind): void {
    this.#each(this.#objects(items, kind), (item) => {
      const found = this.#types.get(this.#nameOf(item));
      if (found?.kind !== kind) throw this.#wrong(`${this.#nameOf(item)} is not a ${kind}`);
      this.#add(found.index);
    });
  }

  #reference(given: unknown, kinds: ReadonlySet<Kind>): void {
    let [type, wrappers, depth] = [given, 0, 0];
    while (isObject(type) && (type['kind'] === 'LIST' || type['kind'] === 'NON_NULL')) {
      const wrapper = type['kind'] === 'LIST' ? LIST : NON_NULL;
      if (wrapper === NON_NULL && wrappers % 4 === NON_NULL) this.#fail('a type is twice not null');
      if (++depth > MAX_WRAPPERS) this.#fail('a type is nested more deeply than introspection shows');
      wrappers = wrappers * 4 + wrapper;
      type = type['ofType'];
    }
    if (!isObject(type)) throw this.#wrong('a type is incomplete');
    const name = this.#nameOf(type);
    const found = this.#types.get(name);
    if (!found) throw this.#wrong(`${name} is not among the types`);
    if (!kinds.has(found.kind)) this.#fail(`${name} is not allowed there`);
    this.#add(found.index, wrappers);
  }

  #root(given: unknown): number | undefined {
    if (given === null || given === undefined) return undefined;
    const found = isObject(given) ? this.#types.get(this.#nameOf(given)) : undefined;
    if (found?.kind !== 'OBJECT') throw this.#wrong('a root type is not an object type');
    return found.index;
  }

  #collect(work: () => void): number[] {
    this.#codes = [];
    work();
    return this.#codes;
  }

  readonly #add = (...codes: number[]): void => {
    this.#codes.push(...codes);
  };

  #each(items: readonly Json[], work: (item: Json) => void): void {
    this.#add(items.length);
    for (const item of items) work(item);
  }

  #objects(items: unknown, what: string): readonly Json[] {
    if (Array.isArray(items) && items.every(isObject)) return items;
    throw this.#wrong(`${what} are missing`);
  }

  #nameOf(item: Json): string {
    const { name } = item;
    if (typeof name === 'string' && NAME.test(name)) return name;
    throw this.#wrong('a name is missing or not valid');
  }

  /** Number of a text, from 1; 0 if there is none. */
  #text(text: unknown): number {
    if (text === null || text === undefined) return 0;
    if (typeof text !== 'string') throw this.#wrong('a text is not a string');
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#texts.size + 1);
    return this.#texts.size;
  }

  /** Names are shown, since only the tenant can fix them; texts are not. */
  readonly #wrong = (what: string) => new TypeError(`${this.#place}: ${what}`);

  #fail(what: string): never {
    throw this.#wrong(what);
  }
}

/** Introspection queries a limited number of list levels, and shows nothing below them. */
function isWhole(given: unknown): boolean {
  let type = given;
  while (isObject(type) && isObject(type['ofType']) && isWrapper(type)) type = type['ofType'];
  // Other errors in it are reported later.
  return !(isObject(type) && isWrapper(type) && type['ofType'] === undefined);
}

const isWrapper = ({ kind }: Json): boolean => kind === 'LIST' || kind === 'NON_NULL';

const isOptional = ({ type, defaultValue }: Json): boolean =>
  !(isObject(type) && type['kind'] === 'NON_NULL') || typeof defaultValue === 'string';
