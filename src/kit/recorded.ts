import { type ErrorCode, GatewayError } from './errors/index.ts';

export interface RecordedOptions<Outcome, End extends { readonly outcome: string }> {
  /** Notes the write before it goes out, so that a crash leaves a trace; what it returns notes the end, and never rejects. */
  readonly begin: () => Promise<(end: End) => Promise<void>>;
  /** Where the write goes, as a person would say it. */
  readonly upstream: string;
  readonly write: () => Promise<Outcome>;
  readonly endOf: (outcome: Outcome) => End;
  readonly endOfFailure: (code: ErrorCode) => End;
}

/** Records a write before and after. @throws GatewayError UPSTREAM_UNAVAILABLE when it cannot be recorded: then nothing is sent */
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
