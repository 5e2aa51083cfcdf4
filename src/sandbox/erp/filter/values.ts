import { BusinessError } from '../business-error.ts';
import type { Read } from '../data/reader.ts';
import type { Row } from '../data/row.ts';
import type { Model, PropertyModel } from '../model/model.ts';

/** The form in which two values are compared: decimals as numbers, dates and stamps as ISO text, references as ids. */
export type Comparable = string | number | boolean | null;

const NUMERIC = /^-?\d+(?:\.\d+)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Reads values of this property in the form for comparison: decimals are stored as text but compared as numbers. */
export function comparableReader(property: PropertyModel, read: Read): (row: Row) => Comparable {
  if (property.kind !== 'decimal') return read as (row: Row) => Comparable;
  return (row) => {
    const value = read(row);
    return value === null ? null : Number(value);
  };
}

/** Converts an operand of a filter to the form of the stored values. @throws BusinessError if it is of another kind. */
export function toStored(property: PropertyModel, operand: unknown, model: Model, path: readonly string[]): Comparable {
  if (operand === null) return null;
  const fault = (expected: string) =>
    new BusinessError(
      `Invalid filter: "${path.join('.')}" is compared with ${JSON.stringify(operand)}, not ${expected}.`,
    );
  switch (property.kind) {
    case 'id':
    case 'int':
    case 'decimal':
      if (typeof operand === 'number') return operand;
      if (typeof operand === 'string' && NUMERIC.test(operand)) return Number(operand);
      throw fault('a number');
    case 'boolean':
      if (typeof operand === 'boolean') return operand;
      throw fault('true or false');
    case 'date':
      if (typeof operand === 'string' && DATE.test(operand)) return operand;
      throw fault('a date (YYYY-MM-DD)');
    case 'datetime':
      if (typeof operand === 'string' && !Number.isNaN(Date.parse(operand))) return new Date(operand).toISOString();
      throw fault('a date and time (ISO 8601)');
    case 'enum':
      if (model.enums.get(property.typeName)?.includes(String(operand))) return String(operand);
      throw fault(`a member of ${property.typeName}`);
    default:
      if (typeof operand === 'object') throw fault('a text');
      return String(operand);
  }
}
