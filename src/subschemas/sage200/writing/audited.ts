import { recorded } from '../../../kit/recorded.ts';
import type { AuditEnd } from '../../../tokens/index.ts';
import type { CompanyScope } from '../scope.ts';

export interface AuditedOptions<Outcome> {
  readonly scope: CompanyScope;
  readonly mutation: string;
  readonly key: string | undefined;
  readonly write: () => Promise<Outcome>;
  readonly endOf: (outcome: Outcome) => AuditEnd;
}

/** Records a write before and after. @throws GatewayError UPSTREAM_UNAVAILABLE if that fails: then nothing is sent */
export function audited<Outcome>({ scope, mutation, key, write, endOf }: AuditedOptions<Outcome>): Promise<Outcome> {
  const { audit, now } = scope.operation.engine;
  if (!audit) return write();
  const { identity, principal, requestId } = scope.operation;
  return recorded({
    begin: () =>
      audit.begin({
        kind: 'mutation',
        at: now(),
        caller: principal.id,
        requestId,
        connection: identity.connection,
        consent: identity.consent?.toString(),
        ...scope.company,
        action: mutation,
        key,
      }),
    upstream: 'Sage 200',
    write,
    endOf,
    endOfFailure: (outcome): AuditEnd => ({ outcome, key }),
  });
}
