/** One thing that is wrong in the configuration, and where. */
export interface ConfigFault {
  /** The file, or the environment variable, that the fault is in. */
  readonly where: string;
  /** From 1; absent for an environment variable and for settings that are not text. */
  readonly line?: number;
  readonly column?: number;
  /** What is wrong; what to write instead. Never holds a secret's value. */
  readonly message: string;
}

/** The configuration cannot be used. The message lists every fault, one a line, and may be shown as it stands. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const title =
      faults.length === 1 ? 'The configuration has a fault' : `The configuration has ${faults.length} faults`;
    super(`${title}:\n${faults.map((fault) => `  ${toFaultLine(fault)}`).join('\n')}`);
    this.faults = faults;
  }
}

/** A fault with its place, for people. */
export function toFaultLine({ where, line, column, message }: ConfigFault): string {
  return line === undefined ? `${where}: ${message}` : `${where}:${line}:${column}: ${message}`;
}
