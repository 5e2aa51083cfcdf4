import type { Erp, ErpReply, ErpRequest } from '../../erp/index.ts';
import type { GatewayContext } from '../graph.ts';

/** An operation's own ERP request; all of them share one deadline. */
export interface ErpQuestion {
  readonly erp: Erp;
  readonly tenant: string;
  readonly request: ErpRequest;
  readonly context: GatewayContext;
  /** Epoch ms. */
  readonly deadlineAt: number;
}

/** Asks the tenant, unless a plan of this very operation did so before and left the answer to be read further. */
export function askErp({ erp, tenant, request, context, deadlineAt }: ErpQuestion): Promise<ErpReply> {
  const kept = context.kept.size > 0 ? context.kept.get(keyOf(request)) : undefined;
  if (kept !== undefined) return kept;
  return erp.ask(tenant, request, { signal: context.signal, deadlineAt, caller: context.principal.id });
}

/** The same, for plans: the answer stays at hand for the general path. */
export function askErpAndKeep(question: ErpQuestion): Promise<ErpReply> {
  const reply = askErp(question);
  question.context.kept.set(keyOf(question.request), reply);
  return reply;
}

const keyOf = ({ query, variables, operationName }: ErpRequest): string =>
  JSON.stringify([query, variables, operationName]);
