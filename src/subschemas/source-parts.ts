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

/** What sources are made of beside their sections of the configuration; each takes what it needs. */
export interface SourceParts {
  /** For tokens and the like. */
  readonly send: Send;
  /** Opens a source's own way out, or a tenant's. */
  readonly lane: (options: LaneOptions) => Lane;
  readonly log: Logger;
  /** Sage ID as the configuration has it. */
  readonly sageId: {
    readonly issuer: string;
    readonly tokenUrl: string;
    readonly bodyEncoding: 'form' | 'json';
    /** How far the clocks of machines may be apart, ms. */
    readonly clockToleranceMs: number;
  };
  /** Left out: nothing is recorded, and no outcome of a write is kept. */
  readonly vault?: Vault | undefined;
  /** Its own rows in the vault, sealed; there with the vault. */
  readonly rows?: SealedRows | undefined;
  /** Which consents of the vault are in force. */
  readonly watch?: ConsentWatch | undefined;
  /** Told of what happens to consents of a source. */
  readonly onConsentEvent?: ((event: ConnectionEvent) => void) | undefined;
  /** Clients that were added while the gateway runs; left out: there are none. */
  readonly clients?: ServedClients | undefined;
  /** Left out: nobody counts what sources do. */
  readonly metrics?: Registry | undefined;
  /** Left out: nobody counts renewals of tokens. */
  readonly renewals?: RenewalMetrics | undefined;
  /** @default all */
  readonly tokenKinds?: readonly AnyTokenKind[] | undefined;
  /** Processes on this machine that share what was agreed with an upstream for all of them. @default 1 */
  readonly processes?: number | undefined;
  /** Called when the gateway stops, those that were opened last first. */
  readonly onClose: (close: () => Promise<void>) => void;
}
