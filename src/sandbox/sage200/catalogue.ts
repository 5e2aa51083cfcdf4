import { readFileSync } from 'node:fs';

/** How a value is stored and written; `dec` carries its decimal places in `Field.places`. */
export type FieldKind = 'int' | 'dec' | 'str' | 'bool' | 'dt' | 'enum' | 'obj' | 'arr';

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** Decimal places of a `dec`, bits of an `int`. */
  readonly size: number;
  /** Longest string, in characters. Documented lengths of enums are shorter than their values and not enforced. */
  readonly maxLength: number | undefined;
  readonly required: boolean;
  readonly writable: boolean;
  readonly professionalOnly: boolean;
  /** Resource the id points to, or that the expanded object shows. */
  readonly ref: string | undefined;
  /** `resource.field` that must contain the text. */
  readonly refByCode: string | undefined;
  /** Enum list that names the members. */
  readonly enumSource: string | undefined;
  /** Names of `$expand` that include this field; empty: it is always included. */
  readonly expands: readonly string[];
  /** Rows are those of this resource. */
  readonly rowsOf: string | undefined;
  /** Column of those rows that holds their parent's id; without one the rows are kept inside their parent. */
  readonly parentColumn: string | undefined;
  /** Fields beside an object that hold its key: one id, or a nominal code's reference, cost centre and department. */
  readonly linkedBy: readonly string[];
  /** Fields of an embedded object or row, kept inside its parent. */
  readonly children: readonly Field[] | undefined;
  readonly defaultValue: string | undefined;
}

export interface Operation {
  readonly verb: 'LIST' | 'SINGLE' | 'GET' | 'POST' | 'PUT' | 'BULK' | 'DELETE';
  readonly path: string;
}

export interface Resource {
  readonly name: string;
  readonly kind: 'entity' | 'view' | 'action' | 'lookup';
  readonly professionalOnly: boolean;
  readonly operations: readonly Operation[];
  readonly fields: readonly Field[];
  readonly fieldByName: ReadonlyMap<string, Field>;
  /** Body of a POST where it differs from the answer. */
  readonly request: readonly Field[] | undefined;
  readonly defaultSort: string | undefined;
  /** Members of an enum list, `value` or `value|label`, in the order of their numbers. */
  readonly values: readonly string[];
}

export interface Catalogue {
  readonly resources: ReadonlyMap<string, Resource>;
}

interface RawResource {
  name: string;
  kind: Resource['kind'];
  professional?: boolean;
  sort?: string;
  operations: string[];
  fields: string[];
  request?: string[];
  values?: string[];
}

/** The context for reading the fields of one resource. */
interface Reading {
  readonly shapes: Readonly<Record<string, readonly string[]>>;
  readonly rawByName: ReadonlyMap<string, RawResource>;
  readonly inEdition: (field: Field) => boolean;
  /** The resource the fields belong to; embedded fields belong to none. */
  readonly owner?: string | undefined;
}

/**
 * Reads `resources.json`: every resource of the API with its operations and fields.
 *
 * A field is written `name:type` and marks: `!` required, `=` read only, `P` Professional only, `->x` refers to
 * resource x, `~x.y` must be found in field y of x, `{x}` enum list, `^` only when expanded (`^a|b` by those names), `*x` rows of resource x, `@x` embedded
 * shape x, `:=v` default. `name_1..5` stands for five fields.
 *
 * @param edition Standard knows neither the resources nor the fields that are Professional only.
 */
export function readCatalogue(edition: 'professional' | 'standard'): Catalogue {
  const text = readFileSync(new URL('./resources.json', import.meta.url), 'utf8');
  const raw = JSON.parse(text) as { resources: RawResource[]; shapes: Reading['shapes'] };
  const rawByName = new Map(raw.resources.map((entry) => [entry.name, entry]));
  const inEdition = (field: Field) => edition === 'professional' || !field.professionalOnly;
  const resources = new Map<string, Resource>();
  for (const entry of raw.resources) {
    if (entry.professional && edition === 'standard') continue;
    const reading = { shapes: raw.shapes, rawByName, inEdition, owner: entry.name };
    resources.set(entry.name, toResource(entry, reading));
  }
  return { resources };
}

function toResource(entry: RawResource, reading: Reading): Resource {
  const fields = toFields(entry.fields, reading);
  return {
    name: entry.name,
    kind: entry.kind,
    professionalOnly: entry.professional ?? false,
    operations: entry.operations.map((operation) => {
      const [verb, path] = operation.split(' ');
      return { verb: verb as Operation['verb'], path: path ?? '' };
    }),
    fields,
    fieldByName: new Map(fields.map((field) => [field.name, field])),
    request: entry.request && toFields(entry.request, { ...reading, owner: undefined }),
    defaultSort: entry.sort,
    values: entry.values ?? [],
  };
}

function toFields(texts: readonly string[], reading: Reading): Field[] {
  const names = new Set(texts.map((text) => text.slice(0, text.indexOf(':'))));
  return texts.flatMap((text) => toNumberedFields(text, names, reading)).filter(reading.inEdition);
}

function toNumberedFields(text: string, siblings: ReadonlySet<string>, reading: Reading): Field[] {
  const [head = '', ...marks] = text.split(' ');
  const [name = '', type = ''] = head.split(':');
  const run = /^(.*?)(\d+)\.\.(\d+)$/.exec(name);
  if (!run) return [toField(name, type, marks, siblings, reading)];
  const [, stem = '', first, last] = run;
  const numbers = Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
  return numbers.map((number) => toField(`${stem}${number}`, type, marks, siblings, reading));
}

function toField(
  name: string,
  type: string,
  marks: readonly string[],
  siblings: ReadonlySet<string>,
  reading: Reading,
): Field {
  const [, letters = '', digits = ''] = /^([a-z]+)(\d*)$/.exec(type) ?? [];
  const after = (prefix: string) => marks.find((mark) => mark.startsWith(prefix))?.slice(prefix.length);
  const expand = after('^');
  const shape = after('@');
  const rowsOf = after('*');
  return {
    name,
    kind: letters === 'i' ? 'int' : (letters as FieldKind),
    size: Number(digits || 0),
    maxLength: letters === 'str' && digits ? Number(digits) : undefined,
    required: marks.includes('!'),
    writable: !marks.includes('='),
    professionalOnly: marks.includes('P'),
    ref: after('->'),
    refByCode: after('~'),
    enumSource: after('{')?.slice(0, -1),
    expands: expand === undefined ? [] : expand === '' ? [name] : expand.split('|'),
    rowsOf,
    parentColumn: rowsOf && findParentColumn(rowsOf, reading),
    linkedBy: letters === 'obj' ? findLink(name, siblings) : [],
    children: shape === undefined ? undefined : toFields(reading.shapes[shape] ?? [], { ...reading, owner: undefined }),
    defaultValue: after(':='),
  };
}

function findLink(name: string, siblings: ReadonlySet<string>): string[] {
  if (siblings.has(`${name}_id`)) return [`${name}_id`];
  const stem = name.replace(/_code$/, '');
  const parts = ['reference', 'cost_centre', 'department'].map((part) => `${stem}_${part}`);
  return parts.every((part) => siblings.has(part)) ? parts : [];
}

/** Of several ids of the parent's kind, the shortest name is the right one: `product_id` before `alternative_product_id`. */
function findParentColumn(rowsOf: string, { rawByName, owner }: Reading): string | undefined {
  const pointing = (rawByName.get(rowsOf)?.fields ?? []).filter(
    (text) => /:i\d/.test(text) && text.split(' ').includes(`->${owner}`),
  );
  const names = pointing.map((text) => text.slice(0, text.indexOf(':')));
  return names.sort((a, b) => a.length - b.length)[0];
}

/** Objects and arrays: never columns, and never part of a `$filter` or `$orderby`. */
export const isNested = (field: Field): boolean => field.kind === 'obj' || field.kind === 'arr';

/** Rows kept inside their parent: embedded children, and rows of a resource that has no key to the parent. */
export const isEmbedded = (field: Field): boolean =>
  isNested(field) && !field.parentColumn && (field.children !== undefined || field.ref === undefined);
