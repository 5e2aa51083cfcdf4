import { GatewayError } from '../../../kit/errors/index.ts';
import type { CompanyScope } from '../scope.ts';
import type { WriteEnd } from './write-audit.ts';

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
  const { audit, now } = scope.operation.engine;
  if (!audit) return write();
  const { identity, principal, requestId } = scope.operation;
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
  try {
    const outcome = await write();
    await end(endOf(outcome));
    return outcome;
  } catch (error) {
    await end({ outcome: error instanceof GatewayError ? error.code : 'INTERNAL', key });
    throw error;
  }
}
