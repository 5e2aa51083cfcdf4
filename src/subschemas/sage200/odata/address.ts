import { GatewayError } from '../../../kit/errors/index.ts';
import { type ODataQuery, printQuery } from './query.ts';

/** Maximum length of addresses. */
export interface AddressLimits {
  /** Length of the base address and a slash. */
  readonly baseBytes: number;
  /** Length of a full URL. */
  readonly maxUrlBytes: number;
}

/** The largest share of an address for `$select`. A longer one leaves no room to combine many reads by their keys. */
const SHARE_OF_SELECT = 1 / 3;

/**
 * The address of a read, relative to the base address. Only this function makes a read fit: without `$select`, Sage
 * returns whole rows, so it is left out if it takes too much room. That depends only on `$select` while the rest fits, so
 * all parts of a list have the same `$select`.
 * @throws GatewayError BAD_USER_INPUT if the filter alone is too long
 */
export function addressOf(path: string, query: ODataQuery, limits: AddressLimits): string {
  const address = path + printQuery(fitted(query, limits));
  if (fits(address, limits)) return address;
  const bare = path + printQuery(withoutSelect(query));
  if (fits(bare, limits)) return bare;
  throw tooLong(bare, limits);
}

/** The same for several paths in turn: the query is printed once. */
export function addressWriter(query: ODataQuery, limits: AddressLimits): (path: string) => string {
  const printed = printQuery(fitted(query, limits));
  return (path) => {
    const address = path + printed;
    return fits(address, limits) ? address : addressOf(path, query, limits);
  };
}

/** Length of the address for that path and query, before keys are added to its filter. */
export const addressBytes = (path: string, query: ODataQuery, limits: AddressLimits): number =>
  limits.baseBytes + path.length + printQuery(fitted(query, limits)).length;

function fitted(query: ODataQuery, { maxUrlBytes }: AddressLimits): ODataQuery {
  const { select = [] } = query;
  const bytes = select.reduce((sum, name) => sum + name.length + 1, 0);
  return bytes > maxUrlBytes * SHARE_OF_SELECT ? withoutSelect(query) : query;
}

const withoutSelect = ({ select: _, ...rest }: ODataQuery): ODataQuery => rest;

const fits = (address: string, { baseBytes, maxUrlBytes }: AddressLimits) => baseBytes + address.length <= maxUrlBytes;

const tooLong = (address: string, { baseBytes, maxUrlBytes }: AddressLimits) =>
  new GatewayError(
    'BAD_USER_INPUT',
    `This list needs a Sage 200 URL of ${baseBytes + address.length} characters, and the maximum is ${maxUrlBytes}. Compare with fewer or shorter values. Only the values of one \`in\` are split across several requests.`,
  );
