import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Lane, LaneOptions, Send } from '../kit/http/index.ts';
import type {
  AnyTokenKind,
  ConnectionEvent,
  ConsentWatch,
  RenewalMetrics,
  SealedRows,
  ServedClients,
  Vault,
} from '../tokens/index.ts';

/** The parts that sources use besides their sections of the configuration; each uses what it needs. */
export interface SourceParts {
  /** For tokens and similar requests. */
  readonly send: Send;
  /** Opens the lane of a source, or of a tenant. */
  readonly lane: (options: LaneOptions) => Lane;
  readonly log: Logger;
  /** Sage ID as configured. */
  readonly sageId: {
    readonly issuer: string;
    readonly tokenUrl: string;
    readonly bodyEncoding: 'form' | 'json';
    /** How much the clocks of machines may differ, ms. */
    readonly clockToleranceMs: number;
  };
  /** Without it, nothing is recorded, and no outcome of a write is stored. */
  readonly vault?: Vault | undefined;
  /** Its own rows in the vault, sealed; available if there is a vault. */
  readonly rows?: SealedRows | undefined;
  /** Which consents of the vault are valid. */
  readonly watch?: ConsentWatch | undefined;
  /** Called for events of a source's consents. */
  readonly onConsentEvent?: ((event: ConnectionEvent) => void) | undefined;
  /** Clients that were added while the gateway runs. @default none */
  readonly clients?: ServedClients | undefined;
  /** Without it, source metrics are not recorded. */
  readonly metrics?: Registry | undefined;
  /** Without it, token renewals are not counted. */
  readonly renewals?: RenewalMetrics | undefined;
  /** @default all */
  readonly tokenKinds?: readonly AnyTokenKind[] | undefined;
  /** Processes on this machine that share the limits agreed with an upstream. @default 1 */
  readonly processes?: number | undefined;
  /** Called when the gateway stops, in reverse order of opening. */
  readonly onClose: (close: () => Promise<void>) => void;
}
