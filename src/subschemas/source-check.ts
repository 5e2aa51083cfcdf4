import type { ReportingGraph } from '../graph/index.ts';

/** What a source tries for `gateway check`, in the order of the output. */
export type SourceCheck = (parts: CheckParts) => Promise<readonly Finding[]>;

export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** Does not work, but only concerns one person. */
  readonly isAside?: boolean;
  readonly says: string;
  /** What it means for callers, or what to do. */
  readonly notes: readonly string[];
}

export interface CheckParts extends Pick<ReportingGraph, 'reportOf'> {
  /** Connections that callers in the configuration use. */
  readonly usedConnections: readonly string[];
  /** Runs an operation with everything that the connection may read. @throws GatewayError for its first error */
  ask(document: string, connection: string): Promise<Readonly<Record<string, unknown>>>;
  /** What the attempt found; or why it failed, if that is a GatewayError. */
  attempt(what: string, attempt: () => Promise<Pick<Finding, 'ok' | 'says' | 'notes'>>): Promise<Finding>;
}
