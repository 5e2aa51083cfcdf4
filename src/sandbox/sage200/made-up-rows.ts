import { type Field, isNested, type Resource } from './catalogue.ts';
import type { EnumLists } from './enum-lists.ts';
import type { Store } from './store.ts';
import type { JsonRow } from './table.ts';

export interface MakingContext {
  readonly store: Store;
  readonly enums: EnumLists;
}

/** Rows of a resource that has no seeded data. */
const ROWS = 5;
const FIRST_DAY = Date.UTC(2024, 0, 8);
const DAY_MS = 86_400_000;

/** The members of an enum list, and for every other resource a handful of rows that fit its fields, always the same. */
export function makeUpRows(resource: Resource, context: MakingContext): JsonRow[] {
  if (resource.kind === 'lookup') return context.enums.members(resource.name).map((member) => ({ ...member }));
  // The fields of a few resources of the newest release are not documented.
  if (resource.fields.length === 0) return [];
  return Array.from({ length: ROWS }, (_, index) => makeUpRow(resource, index, context));
}

/** One such row; `index` counts from 0. */
export function makeUpRow(resource: Resource, index: number, context: MakingContext): JsonRow {
  const firstId = 10_000 + (hash(resource.name) % 40_000) * 50;
  const row = makeUpFields(resource.fields, index, resource.name, context);
  return resource.fieldByName.has('id') ? { ...row, id: firstId + index } : row;
}

function makeUpFields(
  fields: readonly Field[],
  index: number,
  path: string,
  context: MakingContext,
): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const field of fields) {
    const value = makeUpField(field, index, path, context);
    if (value !== undefined) row[field.name] = value;
  }
  return row;
}

/** A value that fits a field; undefined if only null is possible. */
export function makeUpField(field: Field, index: number, path: string, context: MakingContext): unknown {
  const seed = hash(`${path}.${field.name}`) + index;
  if (isNested(field)) return makeUpNested(field, index, path, context);
  switch (field.kind) {
    case 'int':
      return field.ref ? pickId(field.ref, index, context) : makeUpInteger(field, seed, index);
    case 'dec':
      return Number(((seed % 90_000) / 100).toFixed(Math.min(field.size, 2)));
    case 'bool':
      return seed % 3 === 0;
    case 'dt':
      return new Date(FIRST_DAY + (seed % 600) * DAY_MS + (isStamp(field) ? (seed % 86_000) * 1000 + 3 : 0))
        .toISOString()
        .slice(0, -1);
    case 'enum': {
      const members = context.enums.members(field.enumSource ?? '');
      return members[index % Math.max(members.length, 1)]?.value;
    }
    default:
      return makeUpText(field, index, path);
  }
}

function makeUpNested(field: Field, index: number, path: string, context: MakingContext): unknown {
  if (!field.children) return undefined;
  const child = { id: 900_000 + (hash(path + field.name) % 90_000) + index };
  const row = makeUpFields(field.children, index, `${path}.${field.name}`, context);
  const whole = 'id' in row ? { ...row, ...child } : row;
  return field.kind === 'arr' ? [whole] : whole;
}

function makeUpInteger(field: Field, seed: number, index: number): number {
  if (/period|year|days|number$/.test(field.name)) return index + 1;
  return field.size === 64 ? 1_000 + (seed % 90_000) : seed % 100;
}

function pickId(resourceName: string, index: number, context: MakingContext): unknown {
  const table = context.store.table(resourceName);
  if (table.keyColumn !== 'id') return undefined;
  const rows = table.select({ columns: ['id'], top: ROWS });
  return rows[index % Math.max(rows.length, 1)]?.['id'];
}

function makeUpText(field: Field, index: number, path: string): string | undefined {
  if (/^(spare_|analysis_code_)/.test(field.name)) return undefined;
  const number = index + 1;
  const length = field.maxLength ?? 60;
  const subject = words(path.split('.').at(-1) ?? path);
  const text = /code|reference|_no$|number/.test(field.name)
    ? `${initials(path)}${String(number).padStart(3, '0')}`
    : /email/.test(field.name)
      ? `office${number}@example.co.uk`
      : /website|url/.test(field.name)
        ? `www.example${number}.co.uk`
        : /telephone|fax|mobile/.test(field.name)
          ? `0191 498 0${100 + number}`
          : /post_?code/.test(field.name)
            ? `NE${number} 4AB`
            : /country/.test(field.name)
              ? 'Great Britain'
              : field.name === 'name' || field.name === 'description'
                ? `${subject} ${number}`
                : `${words(field.name)} ${number}`;
  return text.slice(0, length);
}

const isStamp = (field: Field) => /date_time|_time$/.test(field.name);

const words = (name: string) => {
  const text = name.replaceAll('_', ' ').replace(/s$/, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const initials = (path: string) =>
  path
    .split(/[._]/)
    .map((word) => word.charAt(0))
    .join('')
    .toUpperCase()
    .slice(0, 4);

/** FNV-1a: the same rows on every machine. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value % 1_000_000;
}
