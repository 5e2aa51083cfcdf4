import type { Readable, Writable } from 'node:stream';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Environment, suggest } from '../config/index.ts';

/** What a command may touch of the process. */
export interface CommandContext {
  /** What stands behind the command's name. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
}

/** Does one thing and gives the exit code: 0 done, 1 failed. @throws UsageError for a wrong command line */
export type Command = (context: CommandContext) => Promise<number>;

/** The command line makes no sense. Exit code 2; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A failure the user can fix: the message is all that is shown. Exit code 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

type Options = NonNullable<ParseArgsConfig['options']>;

interface Parsed<Known extends Options> {
  readonly values: { readonly [Name in keyof Known]?: Known[Name]['type'] extends 'boolean' ? boolean : string };
  readonly positionals: readonly string[];
}

/** Reads options with a value, and others that are there or not. @throws UsageError */
export function parseOptions<const Known extends Record<string, { type: 'string' | 'boolean' }>>(
  args: readonly string[],
  options: Known,
  positionals: readonly string[] = [],
): Parsed<Known> {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const [unexpected] = parsed.positionals.slice(positionals.length);
    if (unexpected !== undefined) throw new UsageError(`"${unexpected}" is one word too many; leave it out.`);
    const missing = positionals[parsed.positionals.length];
    if (missing !== undefined) throw new UsageError(`${missing} is missing at the end of the command; write it.`);
    // Node gives each option the type that it is declared with.
    return { values: parsed.values as Parsed<Known>['values'], positionals: parsed.positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(toAdvice(error, Object.keys(options)), { cause: error });
  }
}

function toAdvice(error: unknown, known: readonly string[]): string {
  const [, option = 'an option'] = /'(-[^' ]*)/.exec(error instanceof Error ? error.message : '') ?? [];
  if (error instanceof Error && 'code' in error && error.code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    return `${option} needs a value; write ${option} VALUE.`;
  }
  const near = suggest(option.replace(/^-+/, ''), known);
  if (near) return `${option} is not an option; did you mean --${near}?`;
  const list = known.map((name) => `--${name}`).join(', ');
  return `${option} is not an option; ${list ? `write one of ${list}` : 'this command has none'}.`;
}
