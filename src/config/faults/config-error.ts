/** One mistake in the configuration, and where it is. */
export interface ConfigFault {
  /** The file or the environment variable that has the mistake. */
  readonly where: string;
  /** From 1; absent for an environment variable and for settings given as an object. */
  readonly line?: number;
  readonly column?: number;
  /** What is wrong, and what to write instead. Never contains a secret. */
  readonly message: string;
}

/** The configuration cannot be used. The message lists every mistake on its own line, and may be shown unchanged. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const title =
      faults.length === 1 ? 'The configuration has a mistake' : `The configuration has ${faults.length} mistakes`;
    super(`${title}:\n${faults.map((fault) => `  ${toFaultLine(fault)}`).join('\n')}`);
    this.faults = faults;
  }
}

/** A mistake with its position, for people. */
export function toFaultLine({ where, line, column, message }: ConfigFault): string {
  return line === undefined ? `${where}: ${message}` : `${where}:${line}:${column}: ${message}`;
}
