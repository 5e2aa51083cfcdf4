import { Bailout } from '../../kit/bailout.ts';
import { isEmpty } from '../../kit/json.ts';
import { askTenantAndKeep } from '../execution/ask-tenant.ts';
import type { Variables } from '../operation/plan-operation.ts';
import { type HostedRequest, type Hosting, type PlainData, requestText } from '../subschema.ts';
import type { PlannedRequest } from './plan.ts';

/** A tenant's answer that contains only data. */
export interface PlainReply {
  readonly bytes: Buffer;
  readonly plain: PlainData;
}

/** Calls the tenant of an operation. @throws Bailout if its answer must be parsed */
export async function askPlain(
  hosting: Hosting,
  { context }: PlannedRequest,
  request: HostedRequest,
): Promise<PlainReply> {
  const { tenant } = context;
  if (tenant === undefined) throw new Bailout('this caller has no tenant');
  const { bytes, plain } = await askTenantAndKeep({ hosting, tenant, request, context });
  if (!plain) throw new Bailout('the answer of the tenant has to be read');
  return { bytes, plain };
}

/** The variables of an operation as sent to a tenant. */
export const writtenIn = ({ variables, asked }: PlannedRequest): Variables =>
  isEmpty(variables) ? variables : (asked.written ?? variables);

/** A query in which only the variables change, if there are any. */
export function requestMaker(
  given: Pick<HostedRequest, 'query' | 'operationName'>,
): (variables: Variables) => HostedRequest {
  const kind = 'query';
  const plain: HostedRequest = { ...given, kind, variables: {}, text: requestText(given) };
  return (variables) =>
    isEmpty(variables) ? plain : { ...given, kind, variables, text: requestText({ ...given, variables }) };
}

/** The variables that a document uses. */
export const variablesNamed = (names: ReadonlySet<string>, variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => names.has(name)));
