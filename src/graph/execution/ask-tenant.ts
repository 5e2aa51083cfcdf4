import { type ErrorCode, GatewayError } from '../../kit/errors/index.ts';
import { KeptCalls } from '../../kit/http/index.ts';
import { memberAt } from '../../kit/json.ts';
import type { GatewayContext } from '../graph.ts';
import { type NamedMutation, nameMutations } from '../operation/mutations.ts';
import type { Part } from '../operation/plan-operation.ts';
import { type HostedReply, type HostedRequest, type HostedResult, type Hosting, requestText } from '../subschema.ts';
import type { Run } from './execute-operation.ts';

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

/** Calls the tenant for these root fields, and records mutations. */
export async function askRecorded(
  run: Run,
  { tenant, request, fields }: Pick<TenantQuestion, 'tenant' | 'request'> & Pick<Part, 'fields'>,
): Promise<HostedReply> {
  const { hosting, context, shape, variables } = run;
  const send = () => askTenant({ hosting, tenant, request, context });
  if (request.kind === 'query') return send();
  return recordMutations(nameMutations(shape, fields, variables), { ...run, tenant }, send);
}

/** A mutation for a tenant: who, where and what, but no values. */
export interface RecordedMutation {
  readonly kind: 'mutation';
  /** Epoch ms. */
  readonly at: number;
  readonly caller: string;
  readonly requestId: string;
  readonly tenant: string;
  readonly action: string;
}

/** Records mutations before they are sent; the returned function records their outcome. */
export interface MutationRecord {
  begin(mutation: RecordedMutation): Promise<(end: { readonly outcome: string }) => Promise<void>>;
}

/**
 * Sends mutations to a tenant, and records them before and after.
 * @throws GatewayError UPSTREAM_UNAVAILABLE if they cannot be recorded: then nothing is sent
 */
async function recordMutations(
  mutations: readonly NamedMutation[],
  { record, context, tenant, hosting, now, log }: Run & { readonly tenant: string },
  send: () => Promise<HostedReply>,
): Promise<HostedReply> {
  if (!record) return send();
  const { principal, requestId } = context;
  const begin = ({ name: action }: NamedMutation) =>
    record.begin({ kind: 'mutation', at: now(), caller: principal.id, requestId, tenant, action });
  // Together, so that they are written at once.
  const ends = await Promise.all(mutations.map(begin)).catch((cause: unknown) => {
    throw new GatewayError(
      'UPSTREAM_UNAVAILABLE',
      `The gateway cannot write its record of mutations at the moment, so this one was not sent to the ${hosting.title}. Try again later.`,
      { cause },
    );
  });
  // The answer is returned anyway; the record then has no outcome.
  const finish = (outcomeOf: (mutation: NamedMutation) => string) =>
    Promise.all(mutations.map((mutation, index) => ends[index]?.({ outcome: outcomeOf(mutation) }))).catch(
      (err: unknown) => log.warn({ err, requestId }, 'a mutation was recorded without its outcome'),
    );
  try {
    const reply = await send();
    const result = reply.result();
    await finish((mutation) => outcomeOf(result, mutation));
    return reply;
  } catch (error) {
    const code: ErrorCode = error instanceof GatewayError ? error.code : 'INTERNAL';
    await finish(() => code);
    throw error;
  }
}

/** The outcome of one mutation in the tenant's answer. */
function outcomeOf({ data, errors = [] }: HostedResult, { path }: NamedMutation): string {
  const concerned = errors.filter((error) =>
    (error.path ?? []).every((part, at) => at >= path.length || part === path[at]),
  );
  if (concerned.length === 0) return 'DONE';
  const value = memberAt(data, path);
  if (value !== undefined && value !== null) return 'PARTIAL';
  return concerned.some(({ extensions }) => extensions['code'] === 'OUTCOME_UNKNOWN')
    ? 'OUTCOME_UNKNOWN'
    : 'UPSTREAM_REJECTED';
}
