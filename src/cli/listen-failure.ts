import { CommandFailure } from './command.ts';

/** An address that cannot be listened on is told in the server's own words, without a stack; undefined for any other failure. */
export function toListenFailure(error: unknown): CommandFailure | undefined {
  if (!(error instanceof Error) || !(error.cause instanceof Error) || !('syscall' in error.cause)) return undefined;
  const isAddress = error.cause.syscall === 'listen' || error.cause.syscall === 'getaddrinfo';
  return isAddress ? new CommandFailure(error.message, { cause: error }) : undefined;
}
