import { type ErpSandbox, startErpSandbox } from './erp/index.ts';
import { type PaymentsOutSandbox, startPaymentsOutSandbox } from './payments-out/index.ts';
import type { SageIdSandbox } from './sage-id/index.ts';
import {
  type OwnRows,
  readRowsFolder,
  type Sage200Sandbox,
  type Sage200Timing,
  startSage200Sandbox,
} from './sage200/index.ts';
import type { Place, SandboxServer } from './sandbox-server.ts';
import type { Seed } from './seed/index.ts';

/** Options of a sandbox's servers. */
export interface ServerOptions {
  /** About how many types the schema of the ERP tenant `acme` has; generated ones fill up. @default 0, none are generated */
  readonly types?: number;
  /** Timestamps in SQL Server's steps, late commits and a skewed clock at Sage 200. @default none of them */
  readonly sage200Timing?: Sage200Timing;
  /** Rows of the first company in place of the seeded ones, by resource, or a folder with `<resource>.json`. @default none */
  readonly rows?: OwnRows | string;
}

/** What all servers share: they trust the same Sage ID and have data of the same business. */
interface SandboxWorld {
  readonly sageId: SageIdSandbox;
  readonly seed: Seed;
  readonly options: ServerOptions;
}

/** A system that the sandbox simulates beside Sage ID: one line in the list. */
export interface SimulatedSystem<Name extends string = string, Server extends SandboxServer = SandboxServer> {
  readonly name: Name;
  /** @throws Error when the port is in use, and with every fault of `rows` */
  start(place: Place, world: SandboxWorld): Promise<Server>;
}

const sage200: SimulatedSystem<'sage200', Sage200Sandbox> = {
  name: 'sage200',
  start: (place, { seed, sageId: { verifyAccessToken }, options: { sage200Timing, rows } }) =>
    startSage200Sandbox({
      ...sage200Timing,
      ...place,
      ...(typeof rows === 'string' ? readRowsFolder(rows) : { rows }),
      seed,
      verifyAccessToken,
    }),
};

const erp: SimulatedSystem<'erp', ErpSandbox> = {
  name: 'erp',
  start: (place, { seed, options: { types = 0 } }) => startErpSandbox({ ...place, seed, types }),
};

const paymentsOut: SimulatedSystem<'paymentsOut', PaymentsOutSandbox> = {
  name: 'paymentsOut',
  start: (place, { sageId: { verifyNetworkToken } }) => startPaymentsOutSandbox({ ...place, verifyNetworkToken }),
};

/** In the order of their ports, after that of Sage ID. */
export const SYSTEMS = [sage200, erp, paymentsOut] as const;

/** Their servers, and that of Sage ID. */
export type Servers = { readonly sageId: SageIdSandbox } & {
  readonly [Each in (typeof SYSTEMS)[number] as Each['name']]: Awaited<ReturnType<Each['start']>>;
};
