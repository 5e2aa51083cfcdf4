import { badRequest } from '../api-error.ts';
import { type Filter, parseFilter } from './parse-filter.ts';

export interface OrderKey {
  readonly field: string;
  readonly descending: boolean;
}

export interface Query {
  readonly select: readonly string[] | undefined;
  readonly expand: readonly string[];
  readonly filter: Filter | undefined;
  readonly orderBy: readonly OrderKey[];
  readonly top: number;
  readonly skip: number;
  readonly count: boolean;
  readonly metadata: 'all' | 'plain' | undefined;
}

/** Rows in one answer: 500 without `$top`, 5,000 at most. Source: Sage 200 API guide, query parameters. */
const DEFAULT_TOP = 500;
const MAX_TOP = 5_000;

const LIST_OPTIONS = new Set(['$select', '$filter', '$orderby', '$top', '$skip', '$expand', '$count', '$metadata']);

/** Options that only certain views know; the simulator accepts them and its figures do not depend on them. */
const VIEW_OPTIONS: Readonly<Record<string, { readonly views: RegExp; readonly value: RegExp }>> = {
  $ageingdatetype: {
    views: /^(purchase_aged_creditor|sales_aged_debtor|sales_aged_transaction_period)_/,
    value: /^(transactiondate|duedate|calendarmonth)$/i,
  },
  $periodnumber: { views: /^sales_aged_transaction_period_views$/, value: /^\d+$/ },
};

/** Reads the options of a list; the first one that is wrong is refused. */
export function parseListQuery(params: URLSearchParams, resourceName: string): Query {
  for (const name of params.keys()) checkOption(name, params, resourceName);
  const orderBy = parseOrderBy(params.get('$orderby'));
  const skip = parseWhole('$skip', params.get('$skip'), 0);
  if (params.has('$skip') && orderBy.length === 0) throw badRequest('$skip can only be used together with $orderby.');
  const top = parseWhole('$top', params.get('$top'), DEFAULT_TOP);
  if (top > MAX_TOP) throw badRequest(`The limit of ${MAX_TOP} for $top has been exceeded.`);
  const filter = params.get('$filter');
  return {
    ...parseShapeQuery(params),
    filter: filter === null ? undefined : parseFilter(filter),
    orderBy,
    top,
    skip,
    count: parseFlag('$count', params) ?? false,
  };
}

/** A read by id accepts `$select`, `$expand` and `$metadata`; others are ignored. */
export function parseSingleQuery(params: URLSearchParams): Query {
  const list = { filter: undefined, orderBy: [], top: DEFAULT_TOP, skip: 0, count: false };
  return { ...list, ...parseShapeQuery(params) };
}

function parseShapeQuery(params: URLSearchParams): Pick<Query, 'select' | 'expand' | 'metadata'> {
  const metadata = parseFlag('$metadata', params);
  return {
    select: params.has('$select') ? parseNames('$select', params) : undefined,
    expand: params.has('$expand') ? parseNames('$expand', params) : [],
    metadata: metadata === undefined ? undefined : metadata ? 'all' : 'plain',
  };
}

function checkOption(name: string, params: URLSearchParams, resourceName: string): void {
  if (!name.startsWith('$')) return;
  if (params.getAll(name).length > 1) throw badRequest(`The query option '${name}' is given more than once.`);
  if (LIST_OPTIONS.has(name)) return;
  const option = VIEW_OPTIONS[name];
  if (!option?.views.test(resourceName)) throw badRequest(`The query option '${name}' is not supported.`);
  if (!option.value.test(params.get(name) ?? '')) throw badRequest(`The value of '${name}' is not supported.`);
}

function parseNames(option: string, params: URLSearchParams): string[] {
  const names = (params.get(option) ?? '').split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw badRequest(`A name is missing in ${option}.`);
  return names;
}

function parseOrderBy(text: string | null): OrderKey[] {
  if (text === null) return [];
  return text.split(',').map((key) => {
    const [field = '', direction = 'asc', ...rest] = key.trim().split(/\s+/);
    if (field === '' || rest.length > 0 || !/^(asc|desc)$/.test(direction)) {
      throw badRequest(`'${key.trim()}' cannot be read as a key of $orderby.`);
    }
    return { field, descending: direction === 'desc' };
  });
}

function parseWhole(option: string, text: string | null, absent: number): number {
  if (text === null) return absent;
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`'${text}' is not a valid value for ${option}.`);
  return Number(text);
}

function parseFlag(option: string, params: URLSearchParams): boolean | undefined {
  const text = params.get(option);
  if (text === null) return undefined;
  if (text !== 'true' && text !== 'false') throw badRequest(`${option} must be true or false.`);
  return text === 'true';
}
