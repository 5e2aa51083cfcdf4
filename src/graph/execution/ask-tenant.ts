import { KeptCalls } from '../../kit/http/index.ts';
import type { GatewayContext } from '../graph.ts';
import { nameMutations } from '../operation/mutations.ts';
import type { Part } from '../operation/plan-operation.ts';
import { type HostedReply, type HostedRequest, type Hosting, requestText } from '../subschema.ts';
import type { Run } from './execute-operation.ts';
import { recordMutations } from './record-mutations.ts';

/** A request to the tenant of an operation. */
export interface TenantQuestion {
  readonly hosting: Hosting;
  readonly tenant: string;
  readonly request: HostedRequest;
  readonly context: GatewayContext;
}

/** Calls the tenant, unless a plan of this operation has already done so and left the answer to be parsed. */
export async function askTenant({ hosting, tenant, request, context }: TenantQuestion): Promise<HostedReply> {
  const kept = context.kept?.get(request.text ?? requestText(request));
  if (kept !== undefined) return kept;
  // Requests of a mutation are reserved before it begins.
  if (request.kind === 'query') context.calls.take();
  const { signal, deadlineAt, principal, calls } = context;
  return hosting.hosted.ask(tenant, request, { signal, deadlineAt, caller: principal.id, holder: calls });
}

/** The same, for plans: the answer is kept for the fallback executor. */
export function askTenantAndKeep(question: TenantQuestion): Promise<HostedReply> {
  const { context, request } = question;
  const reply = askTenant(question);
  context.kept ??= new KeptCalls();
  context.kept.add(request.text ?? requestText(request), reply);
  return reply;
}

export interface RecordedQuestion extends Pick<TenantQuestion, 'tenant' | 'request'> {
  /** The selected root fields. */
  readonly fields: Part['fields'];
}

/** Calls the tenant, and records mutations. */
export async function askRecorded(run: Run, { tenant, request, fields }: RecordedQuestion): Promise<HostedReply> {
  const { hosting, context, shape, variables } = run;
  const send = () => askTenant({ hosting, tenant, request, context });
  if (request.kind === 'query') return send();
  return recordMutations(nameMutations(shape, fields, variables), { ...run, tenant }, send);
}
