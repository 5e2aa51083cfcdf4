// `sage-gateway/sandbox`: the sandbox inside a program, such as a test. Its types import no package.
import type { ClockSettings, Fault, LoggedRequest } from '../sandbox/control.ts';
import type { SandboxCredentials } from '../sandbox/credentials.ts';
import { startSandbox as startServers } from '../sandbox/index.ts';
import { writeSandboxConfig } from './sandbox-config.ts';

export type { ClockSettings, CutAt, Fault, LoggedRequest } from '../sandbox/control.ts';
export type { SandboxCredentials } from '../sandbox/credentials.ts';

/** The simulated systems. */
export type System = 'sageId' | 'sage200' | 'erp' | 'paymentsOut';

export interface SandboxOptions {
  /** The port of Sage ID; Sage 200, the ERP and Payments Out use the next ones. @default free ports */
  readonly port?: number;
  /** Address to listen on; 0.0.0.0 in a container. @default 127.0.0.1 */
  readonly host?: string;
  /** The host name that clients use. @default host, or 127.0.0.1 */
  readonly publicHost?: string;
  /** Customers in each Sage 200 company. @default 200 */
  readonly customers?: number;
  /** Sage 200 companies. @default 2 */
  readonly companies?: number;
  /** The same number always gives the same data. @default 1 */
  readonly seed?: number;
  /**
   * Rows that replace the generated ones of the first company: by resource, with columns as Sage's API writes them, or a
   * folder with `<resource>.json` files.
   */
  readonly rows?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> | string;
}

export interface Sandbox extends AsyncDisposable {
  readonly urls: Readonly<Record<System, string>>;
  readonly credentials: SandboxCredentials;
  /** X-Site and X-Company of each company. */
  readonly companies: readonly { readonly siteId: string; readonly companyId: number }[];
  readonly faults: {
    /** Makes a system fail in some way from now on. @returns the fault's id */
    add(system: System, fault: Fault): string;
    /** @param system omit it for all systems */
    clear(system?: System): void;
  };
  readonly requests: {
    /** The requests that a system received, oldest first, with secrets hashed. */
    list(system: System): LoggedRequest[];
    /** @param system omit it for all systems */
    clear(system?: System): void;
  };
  readonly clock: {
    /** Moves the clock of a system, or changes the lifetime of its tokens. @param system omit it for all systems */
    set(settings: ClockSettings, system?: System): void;
  };
  /** A new consent for `alice`, who may open every company, `bob`, who may open the second, or `carol`, who may open none. */
  refreshToken(user?: string): Promise<string>;
  /**
   * Writes a ready-to-use gateway.yaml for this sandbox, and a vault with a connection beside it.
   * @returns an API key with all rights
   */
  writeConfig(path: string): Promise<{ readonly key: string }>;
  close(): Promise<void>;
}

/**
 * Starts a simulated Sage ID, Sage 200, ERP and Payments Out.
 * @throws Error naming the port if one is in use, or listing every mistake in `rows`
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
