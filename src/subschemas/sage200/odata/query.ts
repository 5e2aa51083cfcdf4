import { GatewayError } from '../../../kit/errors/index.ts';
import type { OrderKey } from '../model/model.ts';
import { type Expression, printExpression } from './expression.ts';

/** One read in Sage 200's terms. Source: Sage 200 guide, query parameters. */
export interface ODataQuery {
  readonly select?: readonly string[];
  readonly expand?: readonly string[];
  readonly filter?: Expression;
  readonly orderBy?: readonly OrderKey[];
  readonly top?: number;
  /** Only together with an order; otherwise Sage answers 400. */
  readonly skip?: number;
  readonly count?: boolean;
  /** Options that only this list accepts, such as `$ageingdatetype`, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Maximum number of rows in one page. Without `$top`, Sage 200 returns 500. Source: Sage 200 guide, `$top`. */
export const MAX_PAGE_SIZE = 5_000;

/** Maximum characters of a filter. Addresses for Sage 200 are shorter: `sage200.maxUrlBytes` is at most 32,000. */
const LONGEST_FILTER = 32_000;

/**
 * The query string with its question mark; empty without options.
 * @throws GatewayError BAD_USER_INPUT if the filter is too long for any address
 */
export function printQuery(query: ODataQuery): string {
  const parts: string[] = [];
  const add = (name: string, value: string) => parts.push(`${name}=${encode(value)}`);
  if (query.select?.length) add('$select', query.select.join(','));
  if (query.expand?.length) add('$expand', query.expand.join(','));
  const filter = query.filter && printExpression(query.filter);
  if (filter && filter.length > LONGEST_FILTER) throw tooLong();
  if (filter) add('$filter', filter);
  if (query.orderBy?.length)
    add('$orderby', query.orderBy.map(({ field, descending }) => `${field} ${descending ? 'desc' : 'asc'}`).join(','));
  if (query.top !== undefined) add('$top', String(query.top));
  if (query.skip) add('$skip', String(query.skip));
  if (query.count) add('$count', 'true');
  for (const [name, value] of Object.entries(query.parameters ?? {})) add(name, value);
  return parts.length ? `?${parts.join('&')}` : '';
}

const tooLong = () =>
  new GatewayError(
    'BAD_USER_INPUT',
    `This filter has more than ${LONGEST_FILTER} characters in Sage 200's syntax. Compare with fewer or shorter values.`,
  );

/** A query may contain commas as they are written, which keeps long `$select` lists short. */
const encode = (value: string) => encodeURIComponent(value).replaceAll('%2C', ',');
