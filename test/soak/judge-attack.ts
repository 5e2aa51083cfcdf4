import type { Attack } from './attacks/parts.ts';

/** Of all errors of an answer as JSON. */
const MOST_ERROR_BYTES = 1_000_000;
const MOST_ERRORS = 50;
/** ms until an attack is given up: longer than the gateway lets anything take. */
const GIVE_UP_MS = 60_000;

export interface AttackAnswer {
  /** `200 COST_EXCEEDED`: the status, and the codes of its errors. */
  readonly outcome: string;
  /** What must not be, in words. */
  readonly faults: readonly string[];
  readonly bytes: number;
}

/** Sends an attack to a gateway, and says what is wrong with the answer; clocks and memory are for others to look at. */
export async function sendAttack(
  url: string,
  { body }: Attack,
  headers: Record<string, string> = {},
): Promise<AttackAnswer> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    return judgeAnswer(response.status, Buffer.from(await response.arrayBuffer()));
  } catch (error) {
    return { outcome: 'no answer', faults: [`there was no answer: ${String(error)}`], bytes: 0 };
  }
}

function judgeAnswer(status: number, answer: Buffer): AttackAnswer {
  const errors = errorsOf(answer.toString());
  if (!errors) return { outcome: `${status}, no JSON`, faults: ['the answer is not JSON'], bytes: answer.length };
  const codes = [...new Set(errors.map(({ extensions }) => extensions?.code ?? 'no code'))].sort();
  const errorBytes = Buffer.byteLength(JSON.stringify(errors));
  return {
    outcome: [status, ...codes].join(' '),
    faults: [
      ...(status >= 500 ? [`the status is ${status}`] : []),
      ...(codes.some((code) => code === 'INTERNAL' || code === 'no code') ? [`an error is ${codes.join(', ')}`] : []),
      ...(errors.length > MOST_ERRORS ? [`it has ${errors.length} errors`] : []),
      ...(errorBytes > MOST_ERROR_BYTES ? [`its errors take ${errorBytes} bytes`] : []),
    ],
    bytes: answer.length,
  };
}

function errorsOf(text: string): readonly { readonly extensions?: { readonly code?: string } }[] | undefined {
  try {
    return JSON.parse(text).errors ?? [];
  } catch {
    return undefined;
  }
}
