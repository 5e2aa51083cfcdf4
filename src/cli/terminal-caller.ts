import { userInfo } from 'node:os';

/** The user of this terminal, for the record: `terminal:alice`; `terminal` if the system has no name for the user. */
export function terminalCaller(): string {
  try {
    return `terminal:${userInfo().username}`;
  } catch {
    return 'terminal';
  }
}
