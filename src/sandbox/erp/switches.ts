import type { ContainerNaming } from './model/container-names.ts';

/** What the vendor's documents leave open, or what can go wrong; each can be changed while the sandbox runs. */
export interface ErpSwitches {
  /** Key of the GraphQL address in the token answer: two spellings are on the same page, a third is likely. */
  readonly spelling: 'graphQL' | 'graphQl' | 'graphql';
  /** The token answer contains no GraphQL address at all. */
  readonly withoutAddress: boolean;
  /** The token answer contains the tokens' expiry dates; otherwise a client counts the 15 minutes itself. */
  readonly expiryDates: boolean;
  /** Names of the types around the nodes. Takes effect like an upgrade, at once. */
  readonly naming: ContainerNaming;
  /** Status of the address that a moved tenant left. */
  readonly movedStatus: 401 | 404;
  /** How long each token request takes, in ms. */
  readonly tokenDelayMs: number;
  /** How long the work of each GraphQL operation takes, in ms. */
  readonly workMs: number;
  /** A synchronous operation that takes longer is cut, but its work continues. Vendor: 28 s. */
  readonly limitMs: number;
  /** HTTP status for a document that does not fit the schema; not documented. */
  readonly invalidStatus: 200 | 400;
  /** `Node` or `Node.property` that the API users may not see: null and an error each time. */
  readonly forbidden: readonly string[];
}

export const DEFAULT_SWITCHES: ErpSwitches = {
  spelling: 'graphQL',
  withoutAddress: false,
  expiryDates: true,
  naming: 'documented',
  movedStatus: 404,
  tokenDelayMs: 0,
  workMs: 0,
  limitMs: 28_000,
  invalidStatus: 200,
  forbidden: [],
};

/** Read again at each use. */
export type ReadSwitches = () => ErpSwitches;
