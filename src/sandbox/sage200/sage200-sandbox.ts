import { type Place, type SandboxServer, startSandboxServer } from '../sandbox-server.ts';
import type { Seed } from '../seed/index.ts';
import type { AccessQuestion, VerifyAccessToken } from './access.ts';
import { createHandler, type Limits, type RowChange } from './handle-request.ts';
import { inProgram, type OwnRows, type PlaceOf } from './own-rows.ts';
import { toNearestStep } from './stamps.ts';

/** The server's clock, and when writes become visible. */
export interface Sage200Timing {
  /** Stores timestamps in steps of 1/300 s, as SQL Server does; they are shown in ms. @default false */
  readonly stampSteps?: boolean;
  /** ms from a write's timestamp until others see it and it is answered. @default 0 */
  readonly commitDelayMs?: number;
  /** How far the server's clock is ahead, in ms. @default 0 */
  readonly clockSkewMs?: number;
}

export interface Sage200SandboxOptions extends Place, Sage200Timing {
  readonly seed: Seed;
  /** Rows of the first company in place of the seeded ones, by resource. @default none */
  readonly rows?: OwnRows | undefined;
  /** Gives the place of an unusable row. */
  readonly placeOf?: PlaceOf | undefined;
  readonly verifyAccessToken: VerifyAccessToken;
  /** Longest path with query, in bytes; 0 is no limit. @default 0 */
  readonly maxUrlBytes?: number;
  /** Comparisons in one `$filter`; 0 is no limit. @default 0 */
  readonly maxFilterTerms?: number;
  /** False means 403, as for a role that lacks the feature behind a resource. @default everybody may do everything */
  readonly isAllowed?: (question: AccessQuestion) => boolean;
}

export interface Sage200Sandbox extends SandboxServer {
  /** Changes the limits of the running server; those left out stay. */
  setLimits(limits: Partial<Limits>): void;
  /** Changes how long writes take to become visible. */
  setCommitDelay(delayMs: number): void;
  /** Changes rows as a program beside the API does: many in one transaction, with one timestamp. Resolves once others see it. */
  changeRows(change: RowChange): Promise<void>;
  /** Changes who may do what; undefined allows everything again. */
  setAccess(isAllowed: ((question: AccessQuestion) => boolean) | undefined): void;
  /** `url` with the base path of Sage 200 Professional. */
  readonly professionalUrl: string;
  /** `url` with the base path of Sage 200 Standard. */
  readonly standardUrl: string;
}

/**
 * Starts a simulator of the Sage 200 REST API on 127.0.0.1.
 *
 * Where Sage's documents leave it open, the simulator decides as follows, and a client should not rely on it: `$top` above
 * 5,000 is 400; text compares without case; a list below a row that does not exist is 404; rows in use cannot be deleted;
 * DELETE answers the object that was; a POST or PUT answers the plain fields and the children that were sent; the failure
 * of an order line stands as `Message` beside the order's fields; locks last until they are released; fields that are read
 * only are passed over in bodies.
 * @throws Error when the port is in use, and with every fault of `rows`.
 */
export async function startSage200Sandbox(options: Sage200SandboxOptions): Promise<Sage200Sandbox> {
  let limits: Limits = { maxUrlBytes: options.maxUrlBytes ?? 0, maxFilterTerms: options.maxFilterTerms ?? 0 };
  let isAllowed = options.isAllowed;
  let { commitDelayMs = 0 } = options;
  const handler = createHandler({
    seed: options.seed,
    own: { rows: options.rows ?? {}, placeOf: options.placeOf ?? inProgram },
    verifyAccessToken: options.verifyAccessToken,
    isAllowed: (question) => isAllowed?.(question) ?? true,
    limits: () => limits,
    clock: () => server.clock,
    keepStamp: options.stampSteps === true ? toNearestStep : (epochMs) => epochMs,
    commitDelayMs: () => commitDelayMs,
  });
  const server = await startSandboxServer({
    name: 'Sage 200',
    port: options.port,
    host: options.host,
    publicHost: options.publicHost,
    handle: handler.handle,
    defaultErrorBody: (status) => ({ Message: `The sandbox was told to answer ${status}.` }),
  });
  if (options.clockSkewMs !== undefined) server.clock.set({ skewMs: options.clockSkewMs });
  const close = async () => {
    await server.close();
    handler.close();
  };
  return {
    ...server,
    // Spread copies the getter's value; the clock itself stays the server's.
    clock: server.clock,
    close,
    [Symbol.asyncDispose]: close,
    setLimits: (changes) => {
      limits = { ...limits, ...changes };
    },
    setCommitDelay: (delayMs) => {
      commitDelayMs = delayMs;
    },
    changeRows: handler.changeRows,
    setAccess: (allow) => {
      isAllowed = allow;
    },
    professionalUrl: `${server.url}/uk/sage200extra/accounts/v1`,
    standardUrl: `${server.url}/uk/sage200/accounts/v1`,
  };
}
