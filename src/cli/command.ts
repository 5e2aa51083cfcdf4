import type { Readable, Writable } from 'node:stream';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Environment, suggest } from '../config/index.ts';

/** What a command may use of the process. */
export interface CommandContext {
  /** The arguments after the command's name. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
}

/** Runs a command and returns the exit code: 0 done, 1 failed. @throws UsageError for a wrong command line */
export type Command = (context: CommandContext) => Promise<number>;

/** The command line is wrong. Exit code 2; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A failure that the user can fix: only the message is shown. Exit code 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

type Options = NonNullable<ParseArgsConfig['options']>;

interface Parsed<Known extends Options> {
  readonly values: { readonly [Name in keyof Known]?: Known[Name]['type'] extends 'boolean' ? boolean : string };
  readonly positionals: readonly string[];
}

/** Reads options with values, and flags. @throws UsageError */
export function parseOptions<const Known extends Record<string, { type: 'string' | 'boolean' }>>(
  args: readonly string[],
  options: Known,
  positionals: readonly string[] = [],
): Parsed<Known> {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const [unexpected] = parsed.positionals.slice(positionals.length);
    if (unexpected !== undefined) throw new UsageError(`Unexpected argument "${unexpected}".`);
    const missing = positionals[parsed.positionals.length];
    if (missing !== undefined) throw new UsageError(`Missing argument ${missing} at the end of the command.`);
    // Node returns each option with its declared type.
    return { values: parsed.values as Parsed<Known>['values'], positionals: parsed.positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(toAdvice(error, Object.keys(options)), { cause: error });
  }
}

function toAdvice(error: unknown, known: readonly string[]): string {
  const [, option = 'an option'] = /'(-[^' ]*)/.exec(error instanceof Error ? error.message : '') ?? [];
  if (error instanceof Error && 'code' in error && error.code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    return `${option} needs a value: ${option} VALUE.`;
  }
  const near = suggest(option.replace(/^-+/, ''), known);
  if (near) return `Unknown option ${option}. Did you mean --${near}?`;
  const list = known.map((name) => `--${name}`).join(', ');
  return `Unknown option ${option}. ${list ? `The options are ${list}` : 'This command has no options'}.`;
}
