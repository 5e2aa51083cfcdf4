import { isObject } from '../../../kit/json.ts';
import { KINDS, type Kind, LIST, NON_NULL, packSchema } from './packed-schema.ts';

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
/** Introspection asks for so many; two bits each fit into a word. */
const MAX_WRAPPERS = 15;

/**
 * Checks `__schema` of an introspection answer down to its last name, so that types can be made from it later, one by
 * one, without any of them failing. Two things are not as given: a package whose tenant cannot be reached is null here,
 * so no root field is promised; and the tenant's own tools may subscribe, through the gateway nobody can.
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
  /** What is read just now, for the error. */
  #place = 'the schema';

  constructor(schema: Json) {
    this.#schema = schema;
    this.#list = this.#objects(schema['types'], 'types');
  }

  pack(): Buffer {
    this.#list.forEach((type, index) => {
      const name = this.#nameOf(type);
      const kind = KINDS.find((each) => each === type['kind']);
      if (!kind) throw this.#wrong(`type ${name} is of no known kind`);
      if (this.#types.has(name)) throw this.#wrong(`type ${name} is there twice`);
      if (STANDARD_SCALARS.has(name) && kind !== 'SCALAR') throw this.#wrong(`type ${name} is no scalar`);
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
    return packSchema({ types, directives, texts: [...this.#texts.keys()], description, query, mutation });
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
        this.#each(this.#objects(type['fields'], 'fields'), (field) => this.#field(field, isRoot));
        break;
      case 'UNION':
        this.#references(type['possibleTypes'], 'OBJECT');
        break;
      case 'ENUM':
        this.#each(this.#objects(type['enumValues'], 'enumValues'), (value) => {
          if (NOT_FOR_ENUMS.has(this.#nameOf(value))) this.#fail(`${this.#nameOf(value)} can be no value`);
          this.#head(value);
        });
        break;
      case 'INPUT_OBJECT':
        this.#inputs(type['inputFields'], 'inputFields');
    }
  }

  #field(field: Json, isRoot: boolean): void {
    this.#head(field);
    const isPromised = isRoot && isObject(field['type']) && field['type']['kind'] === 'NON_NULL';
    this.#reference(isPromised && isObject(field['type']) ? field['type']['ofType'] : field['type'], OUTPUTS);
    this.#inputs(field['args'], 'args');
  }

  #inputs(inputs: unknown, what: string): void {
    this.#each(this.#objects(inputs, what), (input) => {
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
      this.#inputs(directive['args'], 'args');
    });
  }

  #head(item: Json): void {
    this.#add(this.#text(this.#nameOf(item)), this.#text(item['description']), this.#text(item['deprecationReason']));
  }

  #references(items: unknown, kind: Kind): void {
    this.#each(this.#objects(items, kind), (item) => {
      const found = this.#types.get(this.#nameOf(item));
      if (found?.kind !== kind) throw this.#wrong(`${this.#nameOf(item)} is no ${kind}`);
      this.#add(found.index);
    });
  }

  #reference(given: unknown, kinds: ReadonlySet<Kind>): void {
    let [type, wrappers, depth] = [given, 0, 0];
    while (isObject(type) && (type['kind'] === 'LIST' || type['kind'] === 'NON_NULL')) {
      const wrapper = type['kind'] === 'LIST' ? LIST : NON_NULL;
      if (wrapper === NON_NULL && wrappers % 4 === NON_NULL) this.#fail('a type is twice not null');
      if (++depth > MAX_WRAPPERS) this.#fail('a type is deeper than introspection shows');
      wrappers = wrappers * 4 + wrapper;
      type = type['ofType'];
    }
    if (!isObject(type)) throw this.#wrong('a type is not whole');
    const name = this.#nameOf(type);
    const found = this.#types.get(name);
    if (!found) throw this.#wrong(`${name} is not among the types`);
    if (!kinds.has(found.kind)) this.#fail(`${name} cannot stand there`);
    this.#add(found.index, wrappers);
  }

  #root(given: unknown): number | undefined {
    if (given === null || given === undefined) return undefined;
    const found = isObject(given) ? this.#types.get(this.#nameOf(given)) : undefined;
    if (found?.kind !== 'OBJECT') throw this.#wrong('a root type is no object type');
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
    throw this.#wrong('a name is missing or cannot be one');
  }

  /** Number of a text, from 1; 0 when there is none. */
  #text(text: unknown): number {
    if (text === null || text === undefined) return 0;
    if (typeof text !== 'string') throw this.#wrong('a text is none');
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#texts.size + 1);
    return this.#texts.size;
  }

  /** Names are the tenant's, and it alone can fix them, so they are shown; texts are not. */
  readonly #wrong = (what: string) => new TypeError(`${this.#place}: ${what}`);

  #fail(what: string): never {
    throw this.#wrong(what);
  }
}
