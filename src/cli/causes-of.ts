import { GatewayError } from '../kit/errors/index.ts';
import { causeOf, HttpFailure } from '../kit/http/index.ts';
import { foundTrouble, TokenRequestError } from '../tokens/index.ts';

/** A limit, in case the causes of an error form a circle. */
const LONGEST_CHAIN = 10;

/**
 * Why a call failed, in more detail than its message: for operators, whose terminal may show what callers do not see.
 * Only the gateway's own messages and codes, since foreign messages may contain requests.
 */
export function causesOf(error: Error): readonly string[] {
  const causes: string[] = [];
  const isOurs = error instanceof GatewayError && error.source === 'gateway';
  for (
    let each = error.cause, depth = 0;
    each instanceof Error && depth < LONGEST_CHAIN;
    each = each.cause, depth += 1
  ) {
    const words = wordsFor(each) ?? (isOurs ? vaultWords(each) : undefined);
    if (words !== undefined && !error.message.includes(words)) causes.push(`cause: ${words}`);
  }
  return causes;
}

function vaultWords(error: Error): string | undefined {
  const why = foundTrouble(error);
  return why === undefined ? undefined : `the vault does not answer: ${why}`;
}

function wordsFor(error: Error): string | undefined {
  if (error instanceof GatewayError) return error.message;
  if (error instanceof HttpFailure) {
    const { words, code } = causeOf(error);
    return `${words} (${code})`;
  }
  if (!(error instanceof TokenRequestError) || error.status === undefined) return undefined;
  return `the token request was answered with HTTP ${error.status}${error.code === undefined ? '' : `, ${error.code}`}`;
}
