import { checkAnswer } from '../expected.ts';
import type { Answer } from '../harness/load.ts';
import type { Operation } from '../operations.ts';
import type { Sent } from './traffic.ts';

export interface Verdict {
  readonly answers: number;
  /** Failed answers that a fault explains, by code. */
  readonly explained: Readonly<Record<string, number>>;
  /** The others, and wrong answers, in words; at most a few, and how many there were. */
  readonly unexplained: readonly string[];
  readonly unexplainedCount: number;
}

export interface JudgeOptions {
  /** Whether faults happen now, or have happened so lately that an answer may still show one. */
  readonly faultsHappen: () => boolean;
  readonly faultyConnections: readonly string[];
}

interface AnswerError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly source?: string };
}

/** What an upstream that answers 503, HTML or nothing at all may become, and nothing else. */
const FAULT_CODES = new Set(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT']);
const KEPT_WORDS = 10;

/** Looks at every answer: right, failed by a fault, or wrong. */
export function createJudge({ faultsHappen, faultyConnections }: JudgeOptions) {
  const faulty = new Set(faultyConnections);
  const right = new Map<Operation['id'], string>();
  const explained: Record<string, number> = {};
  const unexplained: string[] = [];
  let [answers, unexplainedCount] = [0, 0];

  const isExplained = ({ connection }: Sent, { extensions }: AnswerError) =>
    faultsHappen() &&
    FAULT_CODES.has(extensions?.code ?? '') &&
    (extensions?.source?.startsWith('erp:') || faulty.has(connection));

  /** @returns what is wrong with it that no fault explains */
  const findFault = ({ status, text }: Answer, sent: Sent): string | undefined => {
    const usual = sent.alias === 'customer' ? text : text.replace(`"${sent.alias}":`, '"customer":');
    if (usual === right.get(sent.operation.id)) return undefined;
    const answer = parse(usual);
    if (!answer) return `status ${status}, not JSON: ${text.slice(0, 200)}`;
    if (answer.errors) {
      const odd = answer.errors.find((error) => !isExplained(sent, error));
      if (odd) return `${odd.extensions?.code} of ${odd.extensions?.source}: ${odd.message}`;
      // One failed read may show at many rows: it is one failed answer.
      const code = answer.errors[0]?.extensions?.code ?? 'none';
      explained[code] = (explained[code] ?? 0) + 1;
      return undefined;
    }
    try {
      checkAnswer('', sent.operation, answer);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    right.set(sent.operation.id, usual);
    return undefined;
  };

  return {
    see(answer: Answer, sent: Sent): void {
      answers += 1;
      const what = findFault(answer, sent);
      if (what === undefined) return;
      unexplainedCount += 1;
      if (unexplained.length < KEPT_WORDS) unexplained.push(`${sent.operation.name}, ${sent.connection}: ${what}`);
    },
    verdict: (): Verdict => ({ answers, explained, unexplained, unexplainedCount }),
  };
}

function parse(text: string): { readonly errors?: readonly AnswerError[] } | undefined {
  try {
    return JSON.parse(text) as { errors?: AnswerError[] };
  } catch {
    return undefined;
  }
}
