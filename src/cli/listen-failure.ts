import { CommandFailure } from './command.ts';

/** An address that cannot be listened on is reported in the server's own words, without a stack; undefined for any other failure. */
export function toListenFailure(error: unknown): CommandFailure | undefined {
  if (!(error instanceof Error) || !(error.cause instanceof Error) || !('syscall' in error.cause)) return undefined;
  // A worker has it from the process that listens for all, as a failure to bind.
  const isAddress = ['listen', 'bind', 'getaddrinfo'].includes(String(error.cause.syscall));
  return isAddress ? new CommandFailure(error.message, { cause: error }) : undefined;
}
