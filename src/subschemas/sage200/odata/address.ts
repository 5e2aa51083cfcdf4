import { GatewayError } from '../../../kit/errors/index.ts';
import { type ODataQuery, printQuery } from './query.ts';

/** How long addresses may get. */
export interface AddressLimits {
  /** Of what stands before the path: the base address and a slash. */
  readonly baseBytes: number;
  /** Of a whole address. */
  readonly maxUrlBytes: number;
}

/** What `$select` may take of an address. A longer one leaves no room for the keys that make one request out of many. */
const SHARE_OF_SELECT = 1 / 3;

/**
 * The address of a read below the base address. This is the one place where a read is made to fit: without `$select` Sage
 * answers whole rows, so that is left out where it takes too much room, whatever else is asked. It depends on `$select`
 * alone while the rest fits, so all parts of a list that is read in parts are asked in the same way.
 * @throws GatewayError BAD_USER_INPUT when the filter alone is too long
 */
export function addressOf(path: string, query: ODataQuery, limits: AddressLimits): string {
  const address = path + printQuery(fitted(query, limits));
  if (fits(address, limits)) return address;
  const bare = path + printQuery(withoutSelect(query));
  if (fits(bare, limits)) return bare;
  throw tooLong(bare, limits);
}

/** The same for one path after the other: the query is printed once. */
export function addressWriter(query: ODataQuery, limits: AddressLimits): (path: string) => string {
  const printed = printQuery(fitted(query, limits));
  return (path) => {
    const address = path + printed;
    return fits(address, limits) ? address : addressOf(path, query, limits);
  };
}

/** Length of the address for that path and query, before any keys are added to its filter. */
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
