import type { ExecutionResult } from 'graphql';
import type { JsonObject } from '../../kit/json.ts';
import { jsonInTurns } from '../../kit/json-in-turns.ts';
import { JsonText } from '../../kit/written-json.ts';
import type { GatewayContext } from '../graph.ts';

/** The result, with long data already serialised: doing it at once would delay everybody. */
export async function writtenInTurns(result: ExecutionResult, { results }: GatewayContext): Promise<ExecutionResult> {
  const { data } = result;
  if (!data || data instanceof JsonText || !results.isLong) return result;
  return { ...result, data: new JsonText(await jsonInTurns(data)) as unknown as JsonObject };
}
