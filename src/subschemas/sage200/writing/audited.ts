import { GatewayError } from '../../../kit/errors/index.ts';
import type { CompanyScope } from '../session.ts';

/** A write on its way: who, where and what, but never a token nor what was in it. */
export interface AuditedWrite {
  readonly kind: 'mutation';
  /** Epoch ms. */
  readonly at: number;
  /** Id of the caller. */
  readonly caller: string;
  /** As in the answer's errors and in the log. */
  readonly requestId: string | undefined;
  /** Name of the stored connection; undefined for a caller's own token. */
  readonly connection: string | undefined;
  /** Number of the consent behind that name. */
  readonly consent: string | undefined;
  readonly site: string;
  readonly company: string;
  /** Name of the mutation field. */
  readonly action: string;
  /** Sage's key of the row, when it is known beforehand. */
  readonly key: string | undefined;
}

export interface WriteEnd {
  /** `DONE`, `PARTIAL` when Sage saved only a part, else the code of the error. */
  readonly outcome: string;
  /** Sage's key of the row, or a posting's unique reference number. */
  readonly key: string | undefined;
}

/** Where writes are noted. */
export interface WriteAudit {
  /** Notes a write before it goes out, so that a crash leaves a trace; what it returns notes the end. */
  begin(write: AuditedWrite): Promise<(end: WriteEnd) => Promise<void>>;
}

export interface AuditedOptions<Outcome> {
  readonly scope: CompanyScope;
  readonly mutation: string;
  readonly key: string | undefined;
  readonly write: () => Promise<Outcome>;
  readonly endOf: (outcome: Outcome) => WriteEnd;
}

/** Notes a write before and after. @throws GatewayError UPSTREAM_UNAVAILABLE when it cannot be noted: then nothing is sent */
export async function audited<Outcome>(options: AuditedOptions<Outcome>): Promise<Outcome> {
  const { scope, mutation, key, write, endOf } = options;
  const { audit, log, now } = scope.session.engine;
  if (!audit) return write();
  const { identity, principal, requestId } = scope.session;
  const end = await audit
    .begin({
      kind: 'mutation',
      at: now(),
      caller: principal.id,
      requestId,
      connection: identity.connection,
      consent: identity.consent?.toString(),
      ...scope.company,
      action: mutation,
      key,
    })
    .catch((cause: unknown) => {
      throw new GatewayError(
        'UPSTREAM_UNAVAILABLE',
        'The gateway cannot keep its record of writes just now, so nothing was sent to Sage 200. Try again later.',
        { cause },
      );
    });
  // What was done is answered all the same; the record then stays without an end.
  const note = (how: WriteEnd) =>
    end(how).catch((err: unknown) => log?.warn({ err }, 'a write is noted without its end'));
  try {
    const outcome = await write();
    await note(endOf(outcome));
    return outcome;
  } catch (error) {
    await note({ outcome: error instanceof GatewayError ? error.code : 'INTERNAL', key });
    throw error;
  }
}
