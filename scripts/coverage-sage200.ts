// Compares the schema that callers see with the facts of Sage's reference, by name alone: it knows nothing of the
// engine, so a mistake there cannot hide itself here.

import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
  print,
} from 'graphql';
import { loadSdl } from '../src/kit/load-sdl.ts';
import { createSage200 } from '../src/subschemas/sage200/index.ts';

/** `w` and `r`: writable or not; `!` required; `@x` one row of x; `*x` rows of x; an object: the embedded fields. */
export type FactFields = { readonly [name: string]: string | FactFields };

/** One resource of Sage's reference. */
export interface Fact {
  readonly name: string;
  readonly kind: 'entity' | 'view' | 'action' | 'lookup';
  readonly since?: string;
  /** False where only the path was published. */
  readonly published?: false;
  /** `GET /customers/{Id}`. */
  readonly operations: readonly string[];
  readonly fields: FactFields;
  /** Body of a POST, where it differs from the answer. */
  readonly request?: FactFields;
}

/** What the schema leaves out on purpose, and why. `resource.field`, or a whole resource. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  'analysis_code_mappings.analysis_code_id':
    'An id that the reference describes as an object by mistake; the object is analysis_code.',
  'customers.communications': 'Nobody has published the fields of its rows.',
  'customers_new.communications': 'Nobody has published the fields of its rows.',
  'customer_price_bands.is_to_delete': 'A flag for writing, on rows that are only read here.',
  sop_return_receipt_line_views: 'Nobody has published its fields.',
  product_customer_alert_views: 'Nobody has published its fields.',
  product_supplier_alert_views: 'Nobody has published its fields.',
};

export interface Coverage {
  readonly resources: number;
  readonly operations: number;
  readonly fields: number;
  /** What is missing, in words. */
  readonly missing: readonly string[];
  /** Exceptions that nothing needs any more. */
  readonly stale: readonly string[];
}

const FACTS = new URL('../test/fixtures/sage200-facts.json', import.meta.url);
const SDL = new URL('../schema/sage200/', import.meta.url);

export const readFacts = (): Fact[] => JSON.parse(readFileSync(FACTS, 'utf8')) as Fact[];

/** The schema as printed for callers of Professional, with the roots the gateway adds. */
export function readSchema(): GraphQLSchema {
  const send = () => Promise.reject(new Error('Nothing is asked here.'));
  const { typeDefs } = createSage200({
    sdl: loadSdl(SDL),
    product: 'professional',
    baseUrl: 'http://127.0.0.1',
    deadlineMs: 1_000,
    maxFilterTerms: 60,
    maxUrlBytes: 2_000,
    send,
  });
  return buildSchema(`interface Node { id: ID! } type Query { sage200: Sage200 } ${print(typeDefs)}`);
}

export function compare(schema: GraphQLSchema, facts: readonly Fact[]): Coverage {
  const used = new Set<string>();
  const missing: string[] = [];
  let operations = 0;
  let fields = 0;
  const report = (name: string, path: readonly string[], what: string) => {
    // An exception covers what is embedded in it.
    const keys = [name, ...path.map((_, index) => `${name}.${path.slice(0, index + 1).join('.')}`)];
    const key = keys.find((candidate) => candidate in EXCEPTIONS);
    if (key === undefined) missing.push(`${name}: ${what}`);
    else used.add(key);
  };
  for (const fact of facts) {
    const found = new SchemaNames(schema, fact);
    for (const operation of fact.operations) {
      operations += 1;
      if (!found.has(operation)) report(fact.name, [], operation);
    }
    for (const path of pathsOf(fact.fields)) {
      fields += 1;
      if (!found.hasField(path)) report(fact.name, path, `field ${path.join('.')}`);
    }
    if (fact.kind === 'entity' && fact.operations.some((operation) => /^(POST|PUT)/.test(operation))) {
      // Plain values only: the reference marks objects as writable that Sage works out, such as an order's profit.
      for (const [name, mark] of Object.entries(fact.fields))
        if (typeof mark === 'string' && mark.startsWith('w') && !found.isWritten([name]))
          report(fact.name, [name], `writable field ${name}`);
    }
    for (const path of pathsOf(fact.request ?? {}).filter((steps) => isWritable(fact.request, steps))) {
      fields += 1;
      if (!found.hasInput(path)) report(fact.name, path, `input ${path.join('.')}`);
    }
  }
  const stale = Object.keys(EXCEPTIONS).filter((key) => !used.has(key));
  return { resources: facts.length, operations, fields, missing, stale };
}

/** Every field by its way down, embedded ones included. */
function pathsOf(fields: FactFields): string[][] {
  return Object.entries(fields).flatMap(([name, value]) => [
    [name],
    ...(typeof value === 'object' ? pathsOf(value).map((path) => [name, ...path]) : []),
  ]);
}

function isWritable(fields: FactFields | undefined, path: readonly string[]): boolean {
  const [name = '', ...rest] = path;
  const value = fields?.[name];
  if (typeof value === 'object') return rest.length === 0 || isWritable(value, rest);
  return value?.startsWith('w') ?? false;
}

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const singular = (name: string) =>
  /ies$/.test(name)
    ? name.replace(/ies$/, 'y')
    : /(ss|x|ch|sh)es$/.test(name)
      ? name.replace(/es$/, '')
      : name.replace(/s$/, '');

/** What the schema calls the operations and fields of one resource. */
class SchemaNames {
  readonly #schema: GraphQLSchema;
  readonly #fact: Fact;
  /** `SopOrder`; the plural where both are one word. */
  readonly #bare: string;

  constructor(schema: GraphQLSchema, fact: Fact) {
    this.#schema = schema;
    this.#fact = fact;
    const plural = capital(camel(fact.name));
    this.#bare = [singular(plural), plural].find((bare) => this.#type(`Sage200${bare}`)) ?? singular(plural);
  }

  has(operation: string): boolean {
    const [method = '', path = ''] = operation.split(' ');
    const isById = /\{\w+\}$/.test(path);
    const plural = camel(this.#fact.name);
    switch (`${method} ${isById ? 'row' : 'all'}`) {
      case 'GET all':
        return this.#isListed(path) || this.#query(plural) !== undefined || this.#query(`${plural}List`) !== undefined;
      case 'GET row':
        return this.#query(uncapital(this.#bare)) !== undefined;
      case 'POST all':
        return this.#mutation(`create${this.#bare}`) !== undefined || this.#actions().length > 0;
      case 'PUT row':
        return this.#mutation(`update${this.#bare}`) !== undefined || this.#mutation(plural) !== undefined;
      case 'PUT all':
        return this.#mutation(`update${capital(plural)}`) !== undefined;
      case 'DELETE row':
        return this.#mutation(`delete${this.#bare}`) !== undefined;
      default:
        return false;
    }
  }

  hasField(path: readonly string[]): boolean {
    const types = this.#fact.kind === 'lookup' ? [this.#type('Sage200Lookup')] : this.#rowTypes();
    if (types.some((type) => type && this.#reaches(type, path))) return true;
    return this.#fact.kind === 'action' && this.hasInput(path);
  }

  isWritten(path: readonly string[]): boolean {
    return ['Create', 'Update'].some((verb) => {
      const type = this.#type(`Sage200${verb}${this.#bare}Input`);
      return type !== undefined && this.#reaches(type, path);
    });
  }

  hasInput(path: readonly string[]): boolean {
    const [first = '', ...rest] = path;
    const name = fieldName(first);
    return [...this.#actions(), this.#mutation(`create${this.#bare}`)].some((field) =>
      field?.args.some((argument) => {
        const type = getNamedType(argument.type);
        if (argument.name === 'input') return this.#reaches(type, path);
        return (argument.name === name || (first === 'id' && argument.name === 'id')) && rest.length === 0;
      }),
    );
  }

  /** What rows are shown as, and what they are written by. */
  #rowTypes(): (GraphQLNamedType | undefined)[] {
    const answers = this.#actions().map((field) => getNamedType(field.type));
    // A payload holds the row under its name.
    const held = answers.flatMap((type) =>
      isObjectType(type) ? Object.values(type.getFields()).map((field) => getNamedType(field.type).name) : [],
    );
    const rows = [`Sage200${this.#bare}`, ...answers.map(({ name }) => name), ...held];
    const names = rows.flatMap((name) => {
      const bare = name.replace(/^Sage200(Unsaved)?/, '');
      return [name, `Sage200${bare}`, `Sage200Create${bare}Input`, `Sage200Update${bare}Input`, `Sage200${bare}Input`];
    });
    const inputs = this.#actions().flatMap((field) => field.args.map((argument) => getNamedType(argument.type).name));
    return [...names, ...inputs].map((name) => this.#type(name));
  }

  /** Whether the way down exists, over rows or over the inputs beside them. */
  #reaches(type: GraphQLNamedType, [first = '', ...rest]: readonly string[]): boolean {
    if (!isObjectType(type) && !isInputObjectType(type)) return false;
    const field = type.getFields()[fieldName(first)];
    if (!field) return false;
    if (rest.length === 0) return true;
    const below = getNamedType(field.type);
    const bare = below.name.replace(/^Sage200(Unsaved)?/, '');
    return [below.name, `Sage200${bare}`, `Sage200${bare}Input`].some((name) => {
      const next = this.#type(name);
      return next !== undefined && this.#reaches(next, rest);
    });
  }

  #actions() {
    const name = camel(this.#fact.name);
    const created = `create${singular(capital(name))}`;
    return [this.#query(name), this.#mutation(name), this.#mutation(created)].filter((field) => field !== undefined);
  }

  /** A list below some parent, where there is none at the top; or rows inside the parent that the path names. */
  #isListed(path: string): boolean {
    const connection = `Sage200${this.#bare}Connection`;
    const [, parentPath = ''] = /^\/(\w+)\/\{\w+\}\/\w+$/.exec(path) ?? [];
    const parent = this.#type(`Sage200${singular(capital(camel(parentPath)))}`);
    const rows = isObjectType(parent) ? Object.values(parent.getFields()) : [];
    if (
      rows.some(
        (field) => isListType(getNullableType(field.type)) && getNamedType(field.type).name === `Sage200${this.#bare}`,
      )
    )
      return true;
    return Object.values(this.#schema.getTypeMap()).some(
      (type) =>
        isObjectType(type) &&
        Object.values(type.getFields()).some((field) => getNamedType(field.type).name === connection),
    );
  }

  #type(name: string): GraphQLNamedType | undefined {
    return this.#schema.getType(name);
  }

  #query(name: string) {
    const root = this.#type('Sage200');
    return isObjectType(root) ? root.getFields()[name] : undefined;
  }

  #mutation(name: string) {
    const root = this.#type('Sage200Mutation');
    return isObjectType(root) ? root.getFields()[name] : undefined;
  }
}

const uncapital = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const fieldName = (restName: string) => (restName === 'id' ? 'sageId' : camel(restName));

if (process.argv[1] === import.meta.filename) {
  const { resources, operations, fields, missing, stale } = compare(readSchema(), readFacts());
  const out = [
    `${resources} resources, ${operations} operations, ${fields} fields; ${Object.keys(EXCEPTIONS).length} exceptions.`,
  ];
  for (const what of missing) out.push(`missing: ${what}`);
  for (const what of stale) out.push(`an exception that nothing needs: ${what}`);
  process.stdout.write(`${out.join('\n')}\n`);
  process.exitCode = missing.length + stale.length > 0 ? 1 : 0;
}
