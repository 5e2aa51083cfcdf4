import { CommandFailure } from './command.ts';

/** The server's own message, without a stack, if it cannot listen on an address; undefined for any other failure. */
export function toListenFailure(error: unknown): CommandFailure | undefined {
  if (!(error instanceof Error) || !(error.cause instanceof Error) || !('syscall' in error.cause)) return undefined;
  // A worker gets this from the main process, which listens for all workers, as a bind failure.
  const isAddress = ['listen', 'bind', 'getaddrinfo'].includes(String(error.cause.syscall));
  return isAddress ? new CommandFailure(error.message, { cause: error }) : undefined;
}
