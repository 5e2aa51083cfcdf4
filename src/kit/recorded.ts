import { type ErrorCode, GatewayError } from './errors/index.ts';

export interface RecordedOptions<Outcome, End extends { readonly outcome: string }> {
  /**
   * Records the write before it is sent, so that a crash leaves a trace; the result records the end and never rejects.
   */
  readonly begin: () => Promise<(end: End) => Promise<void>>;
  /** Name of the write's target, for people. */
  readonly upstream: string;
  readonly write: () => Promise<Outcome>;
  readonly endOf: (outcome: Outcome) => End;
  readonly endOfFailure: (code: ErrorCode) => End;
}

/** Records a write before and after. @throws GatewayError UPSTREAM_UNAVAILABLE if it cannot be recorded: then nothing is sent */
export async function recorded<Outcome, End extends { readonly outcome: string }>({
  begin,
  upstream,
  write,
  endOf,
  endOfFailure,
}: RecordedOptions<Outcome, End>): Promise<Outcome> {
  const end = await begin().catch((cause: unknown) => {
    throw new GatewayError(
      'UPSTREAM_UNAVAILABLE',
      `The gateway cannot write its record at the moment, so nothing was sent to ${upstream}. Try again later.`,
      { cause },
    );
  });
  try {
    const outcome = await write();
    await end(endOf(outcome));
    return outcome;
  } catch (error) {
    await end(endOfFailure(error instanceof GatewayError ? error.code : 'INTERNAL'));
    throw error;
  }
}
