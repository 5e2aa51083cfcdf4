// `sage-gateway/sandbox`: the sandbox inside a program, such as a test. Its types need no package at all.
import type { ClockSettings, Fault, LoggedRequest } from '../sandbox/control.ts';
import type { SandboxCredentials } from '../sandbox/credentials.ts';
import { startSandbox as startServers } from '../sandbox/index.ts';
import { writeSandboxConfig } from './sandbox-config.ts';

export type { ClockSettings, CutAt, Fault, LoggedRequest } from '../sandbox/control.ts';
export type { SandboxCredentials } from '../sandbox/credentials.ts';

/** The simulated systems. */
export type System = 'sageId' | 'sage200' | 'erp' | 'paymentsOut';

export interface SandboxOptions {
  /** Of Sage ID; Sage 200, the ERP and Payments Out take the next ones. @default free ones */
  readonly port?: number;
  /** Address to listen on: 0.0.0.0 in a container. @default 127.0.0.1 */
  readonly host?: string;
  /** The name that clients reach it by. @default host, or 127.0.0.1 */
  readonly publicHost?: string;
  /** Customers in each Sage 200 company. @default 200 */
  readonly customers?: number;
  /** Sage 200 companies. @default 2 */
  readonly companies?: number;
  /** Another number gives other data, and the same one the same. @default 1 */
  readonly seed?: number;
  /**
   * Rows of the first company in place of the seeded ones: by resource, with columns as Sage's API writes them, or a folder
   * with `<resource>.json`.
   */
  readonly rows?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> | string;
}

export interface Sandbox extends AsyncDisposable {
  readonly urls: Readonly<Record<System, string>>;
  readonly credentials: SandboxCredentials;
  /** X-Site and X-Company of each company. */
  readonly companies: readonly { readonly siteId: string; readonly companyId: number }[];
  readonly faults: {
    /** What a system does wrong from now on. @returns its id */
    add(system: System, fault: Fault): string;
    /** @param system left out: everywhere */
    clear(system?: System): void;
  };
  readonly requests: {
    /** What a system was asked, oldest first, with secrets hashed. */
    list(system: System): LoggedRequest[];
    /** @param system left out: everywhere */
    clear(system?: System): void;
  };
  readonly clock: {
    /** Moves the clock of a system, or changes how long its tokens live. @param system left out: of all */
    set(settings: ClockSettings, system?: System): void;
  };
  /** A new consent: of `alice`, who may open every company, of `bob`, only the second, or of `carol`, none. */
  refreshToken(user?: string): Promise<string>;
  /**
   * Writes a gateway.yaml that works with this sandbox at once, and a vault with a connection beside it.
   * @returns an API key that may do everything
   */
  writeConfig(path: string): Promise<{ readonly key: string }>;
  close(): Promise<void>;
}

/**
 * Starts Sage ID, Sage 200, an ERP and Payments Out, all made up.
 * @throws Error naming the port when one is in use, and with every fault of `rows`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const running = await startServers(options);
  const { servers } = running;
  const chosen = (system?: System) => (system === undefined ? Object.values(servers) : [servers[system]]);
  return {
    urls: running.urls,
    credentials: running.credentials,
    companies: running.companies,
    faults: {
      add: (system, fault) => servers[system].fault(fault),
      clear: (system) => chosen(system).forEach((server) => void server.clearFaults()),
    },
    requests: {
      list: (system) => servers[system].requests(),
      clear: (system) => chosen(system).forEach((server) => void server.clearRequests()),
    },
    clock: { set: (settings, system) => chosen(system).forEach((server) => void server.clock.set(settings)) },
    refreshToken: running.refreshToken,
    writeConfig: (path) => writeSandboxConfig(running, path),
    close: running.close,
    [Symbol.asyncDispose]: running.close,
  };
}
