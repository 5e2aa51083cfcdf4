import { readFileSync } from 'node:fs';

/** What Sage takes in one object: a type such as `string(8)` or `enum(20) A|B`, an object, a list of objects, or a list of a named shape. */
export interface Shape {
  readonly [member: string]: string | Shape | readonly [string | Shape];
}

interface Bodies {
  /** `PUT /couriers`, with `#` for each id, and the shape of its body: in brackets a list, null where it is not documented. */
  readonly operations: Readonly<Record<string, string | readonly [string] | null>>;
  /** Members that may be written: what is read only is in none. Rows of which the reference says nothing hold all. */
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Made from Sage's eleven OpenAPI documents and the release notes since. */
const { operations, shapes } = JSON.parse(
  readFileSync(new URL('../../../fixtures/sage200-bodies.json', import.meta.url), 'utf8'),
) as Bodies;

/**
 * What the reference calls read only although Sage cannot do without it: the key of a new row, or what is asked for. A row
 * that is there has its key, so an update by id writes none.
 */
const NEEDED: Readonly<Record<string, string>> = {
  'cost_centres.code': 'string(3)',
  'departments.code': 'string(3)',
  'product_suppliers.product_id': 'int64',
  'products.suppliers.product_id': 'int64',
  'traceable_items_amend.traceable_adjustment_items.traceable_item_id': 'int64',
  'traceable_items_assign.traceable_adjustment_items.traceable_item_id': 'int64',
  'currency_exchange_rates.currency_from_id': 'int64',
  'currency_exchange_rates.currency_from_value': 'decimal(2)',
  'currency_exchange_rates.currency_to_id': 'int64',
  'currency_exchange_rates.currency_to_value': 'decimal(2)',
};

interface Found {
  readonly written: string[];
  readonly faults: string[];
  /** PUT by id. */
  readonly isUpdate: boolean;
}

/** A number as its text, so that its digits can be looked at. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const SPELLINGS: Readonly<Record<string, RegExp>> = {
  int64: /^(0|-?[1-9]\d{0,18})$/,
  int32: /^(0|-?[1-9]\d{0,9})$/,
  int16: /^(0|-?[1-9]\d{0,4})$/,
  decimal: /^-?(0|[1-9]\d*)(\.\d+)?$/,
  datetime: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,7})?Z$/,
  enum: /^\w+$/,
};

/**
 * Reads the body of a write, and says what is wrong with it by throwing.
 * @param operation `PUT /customers/#`
 * @returns each plain value that was written, such as `sop_orders.lines.code`
 */
export function checkBody(operation: string, contentType: string | undefined, body: string): string[] {
  if (!/^application\/json(;|$)/.test(contentType ?? '')) throw new Error(`a body of ${contentType}`);
  const value: unknown = JSON.parse(body, keepDigits);
  const shape = operations[operation];
  if (shape === undefined) throw new Error('a body where none is taken');
  const found: Found = { written: [], faults: [], isUpdate: /^PUT .*\/#$/.test(operation) };
  if (shape !== null) checkValue(shape, value, [nameOf(shape)], found);
  else if (!isObject(value)) found.faults.push('a body that is not an object');
  if (found.faults.length > 0) throw new Error(found.faults.join('; '));
  return found.written;
}

/** The shape of what an operation takes, where it is documented. */
export function shapeOf(operation: string): Shape | undefined {
  const shape = operations[operation];
  return shape === undefined || shape === null ? undefined : shapes[nameOf(shape)];
}

/** A member of a shape by its name in the graph: its type, or the shape of its objects. */
export function memberOf(shape: Shape | undefined, name: string): string | Shape | undefined {
  const restName = name === 'sageId' ? 'id' : Object.keys(shape ?? {}).find((member) => toCamelCase(member) === name);
  const member = restName === undefined ? undefined : shape?.[restName];
  if (!Array.isArray(member)) return member as string | Shape | undefined;
  const [of] = member as readonly [string | Shape];
  return typeof of === 'string' ? shapes[of] : of;
}

const toCamelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const nameOf = (shape: string | readonly [string]): string => (typeof shape === 'string' ? shape : shape[0]);

// TypeScript's library does not know the third parameter yet.
const keepDigits = ((_: string, value: unknown, { source }: { source?: string }) =>
  typeof value === 'number' ? new Digits(source ?? '') : value) as (key: string, value: unknown) => unknown;

function checkValue(
  shape: string | Shape | readonly [string | Shape],
  value: unknown,
  path: readonly string[],
  found: Found,
): void {
  const at = path.join('.');
  if (Array.isArray(shape)) {
    const [of] = shape as readonly [string | Shape];
    if (Array.isArray(value)) for (const row of value) checkValue(of, row, path, found);
    else found.faults.push(`${at} is not a list`);
    return;
  }
  const members = typeof shape === 'string' ? shapes[shape] : (shape as Shape);
  if (isObject(value)) checkMembers(members ?? {}, value, path, found);
  else found.faults.push(`${at} is not an object`);
}

function checkMembers(members: Shape, value: Readonly<Record<string, unknown>>, path: readonly string[], found: Found) {
  for (const [name, given] of Object.entries(value)) {
    const at = [...path, name];
    const isKeyOfUpdated = found.isUpdate && path.length === 1;
    const member = members[name] ?? (isKeyOfUpdated ? undefined : NEEDED[at.join('.')]);
    if (member === undefined) found.faults.push(`${at.join('.')} cannot be written`);
    else if (typeof member !== 'string') checkValue(member, given, at, found);
    else if (isOfType(member, given)) found.written.push(at.join('.'));
    else found.faults.push(`${at.join('.')} is a ${member}, and not ${JSON.stringify(given).slice(0, 40)}`);
  }
}

function isOfType(type: string, value: unknown): boolean {
  const [, kind = '', size, members] = /^(\w+)(?:\((\d+)\))?(?: (.+))?$/.exec(type) ?? [];
  if (kind === 'boolean') return typeof value === 'boolean';
  const isNumber = kind === 'decimal' || kind.startsWith('int');
  const text = value instanceof Digits && isNumber ? value.text : value;
  if (typeof text !== 'string' || isNumber !== value instanceof Digits) return false;
  const length = kind === 'decimal' ? (text.split('.')[1] ?? '').length : text.length;
  if (members !== undefined && !members.split('|').includes(text)) return false;
  return (SPELLINGS[kind]?.test(text) ?? true) && (size === undefined || length <= Number(size));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits);
