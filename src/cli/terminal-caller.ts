import { userInfo } from 'node:os';

/** Who acts at this terminal, for the record: `terminal:alice`; `terminal` where the system has no name for the user. */
export function terminalCaller(): string {
  try {
    return `terminal:${userInfo().username}`;
  } catch {
    return 'terminal';
  }
}
