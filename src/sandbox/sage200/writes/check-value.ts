import { badRequest } from '../api-error.ts';
import type { Field } from '../catalogue.ts';
import type { EnumLists } from '../enum-lists.ts';
import type { Store } from '../store.ts';

export interface CheckContext {
  readonly store: Store;
  readonly enums: EnumLists;
}

const INTEGER_LIMITS: Readonly<Record<number, bigint>> = { 16: 2n ** 15n, 32: 2n ** 31n, 64: 2n ** 63n };

/**
 * Checks one plain value of a body and returns its stored form.
 * @throws ApiError 400 for null, a wrong type, an over-long text, a bare date, an unknown enum member or foreign id.
 */
export function checkValue(context: CheckContext, field: Field, value: unknown): unknown {
  // A client must leave out the key. Source: what clients of the live API report.
  if (value === null) throw badRequest(`SageNullFieldException: '${field.name}' cannot be null.`);
  switch (field.kind) {
    case 'int':
      return checkReference(context, field, checkInteger(field, value));
    case 'dec':
      return checkDecimal(field, value);
    case 'bool':
      if (typeof value !== 'boolean') throw wrongType(field, 'true or false');
      return value;
    case 'dt':
      return checkDateTime(field, value);
    case 'enum':
      return checkEnum(context, field, value);
    default:
      return checkText(context, field, value);
  }
}

const wrongType = (field: Field, expected: string) =>
  badRequest(`The request is invalid: '${field.name}' must be ${expected}.`);

function checkInteger(field: Field, value: unknown): number | bigint {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
  const limit = INTEGER_LIMITS[field.size] ?? 2n ** 63n;
  if (!isWhole || BigInt(value) >= limit || BigInt(value) < -limit)
    throw wrongType(field, `a ${field.size} bit integer`);
  return value as number | bigint;
}

function checkReference({ store }: CheckContext, field: Field, id: number | bigint): number | bigint {
  if (!field.ref) return id;
  const table = store.table(field.ref);
  if (table.keyColumn === 'id' && !table.get(id))
    throw badRequest(`'${field.name}': there is no ${field.ref} with id ${id}.`);
  return id;
}

function checkDecimal(field: Field, value: unknown): unknown {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  if (!isNumber && !(typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))) throw wrongType(field, 'a number');
  return typeof value === 'bigint' ? String(value) : value;
}

function checkDateTime(field: Field, value: unknown): string {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})?$/;
  if (typeof value !== 'string' || !form.test(value) || Number.isNaN(Date.parse(value))) {
    throw wrongType(field, 'a date with a time (2024-10-01T00:00:00Z)');
  }
  return value;
}

function checkEnum({ enums }: CheckContext, field: Field, value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value;
  const member = typeof text === 'string' ? enums.lookUp(field.enumSource ?? '', text) : undefined;
  if (member === undefined)
    throw badRequest(`'${String(text)}' is not a value for '${field.name}'; see ${field.enumSource}.`);
  return member;
}

function checkText({ store }: CheckContext, field: Field, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(field, 'a text');
  if (field.maxLength !== undefined && value.length > field.maxLength) {
    throw badRequest(`'${field.name}' can have ${field.maxLength} characters at most.`);
  }
  const [resource = '', column = ''] = field.refByCode?.split('.') ?? [];
  if (resource === '' || value === '') return value;
  const where = { sql: `"${column}" = ?`, params: [value], equalTo: new Set([column]) };
  if (store.table(resource).count(where) === 0)
    throw badRequest(`'${field.name}': there is no ${resource} '${value}'.`);
  return value;
}
