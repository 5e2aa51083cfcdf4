import { type SandboxServer, startSandboxServer } from '../sandbox-server.ts';
import type { Seed, SiteRow } from '../seed/types.ts';
import {
  type AccessQuestion,
  createHandler,
  type Limits,
  type VerifiedUser,
  type VerifyAccessToken,
} from './handle-request.ts';

export interface Sage200SandboxOptions {
  /** 0 or left out: a free one. */
  readonly port?: number;
  readonly seed: Seed;
  readonly verifyAccessToken: VerifyAccessToken;
  /** Longest path with query, in bytes; 0 is no limit. @default 0 */
  readonly maxUrlBytes?: number;
  /** Comparisons in one `$filter`; 0 is no limit. @default 0 */
  readonly maxFilterTerms?: number;
  /** The sites and companies a user may open. @default all of the seed */
  readonly sitesOf?: (user: VerifiedUser) => readonly SiteRow[];
  /** False is 403, as for a role that lacks the feature behind a resource. @default everybody may do everything */
  readonly isAllowed?: (question: AccessQuestion) => boolean;
}

export interface Sage200Sandbox extends SandboxServer {
  /** Changes the limits of the running server; what is left out stays. */
  setLimits(limits: Partial<Limits>): void;
  /** Changes who may do what; undefined allows everything again. */
  setAccess(isAllowed: ((question: AccessQuestion) => boolean) | undefined): void;
  /** `url` with the base path of Sage 200 Professional. */
  readonly professionalUrl: string;
  /** `url` with the base path of Sage 200 Standard. */
  readonly standardUrl: string;
}

/** Starts a simulator of the Sage 200 REST API on 127.0.0.1. @throws Error when the port is in use. */
export async function startSage200Sandbox(options: Sage200SandboxOptions): Promise<Sage200Sandbox> {
  let limits: Limits = { maxUrlBytes: options.maxUrlBytes ?? 0, maxFilterTerms: options.maxFilterTerms ?? 0 };
  let isAllowed = options.isAllowed;
  const handler = createHandler({
    seed: options.seed,
    verifyAccessToken: options.verifyAccessToken,
    sitesOf: options.sitesOf,
    isAllowed: (question) => isAllowed?.(question) ?? true,
    limits: () => limits,
    clock: () => server.clock,
  });
  const server = await startSandboxServer({
    name: 'Sage 200',
    ...(options.port === undefined ? {} : { port: options.port }),
    handle: handler.handle,
    defaultErrorBody: (status) => ({ Message: `The sandbox was told to answer ${status}.` }),
  });
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
    setAccess: (allow) => {
      isAllowed = allow;
    },
    professionalUrl: `${server.url}/uk/sage200extra/accounts/v1`,
    standardUrl: `${server.url}/uk/sage200/accounts/v1`,
  };
}
