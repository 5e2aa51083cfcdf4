import { readFileSync } from 'node:fs';
import { ConfigError, suggest } from '../config/index.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { parseObject } from '../kit/json.ts';
import { toPrintableLines, wrapText } from '../kit/text/index.ts';
import { type CommandContext, CommandFailure, UsageError } from './command.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';
import { PROGRAM, SERVE, USAGE } from './program.ts';

/** Runs a command line and returns its exit code: 0 done, 1 failed, 2 wrong command line. Failures go to standard error. */
export async function run({ args, ...context }: CommandContext): Promise<number> {
  try {
    const { name, entry, rest } = findCommand(args);
    if (name === '--version') return print(context.stdout, version());
    if (!entry) return print(context.stdout, help(name === '--help' ? '' : name));
    if (rest.includes('--help') || rest.includes('-h')) {
      return print(context.stdout, `${wrapText(`gateway ${entry.usage}`, '', '    ')}\n\n${wrapText(entry.summary)}`);
    }
    const command = await entry.load();
    return await command({ ...context, args: rest });
  } catch (error) {
    if (error instanceof UsageError) {
      context.stderr.write(`${toPrintableLines(error.message)}\nAll commands: ${PROGRAM} --help\n`);
      return 2;
    }
    if (error instanceof ConfigError || error instanceof CommandFailure) {
      context.stderr.write(`${toPrintableLines(error.message)}\n`);
      return 1;
    }
    context.stderr.write(toPrintableLines(describeFailure(error)));
    return 1;
  }
}

/** Only names, messages and stacks: other members of foreign errors may contain requests and their headers. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'The command failed without a message.\n';
  // Expected failures say what to do next; for others, the stack helps to fix them.
  if (error instanceof GatewayError) return `${error.message}\n`;
  const cause = error.cause instanceof Error ? `caused by: ${error.cause.message}\n` : '';
  return `The command failed unexpectedly.\n${error.stack ?? error.message}\n${cause}`;
}

function findCommand(args: readonly string[]): {
  name: string;
  entry?: CommandEntry | undefined;
  rest: readonly string[];
} {
  const [first, second = ''] = args;
  if (first === undefined) return { name: 'serve', entry: COMMANDS['serve'], rest: [] };
  if (first === 'help' && COMMANDS[args.slice(1).join(' ')]) return findCommand([...args.slice(1), '--help']);
  if (first === 'help' && isGroup(second)) return { name: second, rest: [] };
  if (first === '--help' || first === '-h' || first === 'help') return { name: '--help', rest: [] };
  if (first === '--version' || first === '-v') return { name: '--version', rest: [] };
  const [one, two] = [COMMANDS[first], COMMANDS[`${first} ${second}`]];
  if (one) return { name: first, entry: one, rest: args.slice(1) };
  if (two) return { name: `${first} ${second}`, entry: two, rest: args.slice(2) };
  if (isGroup(first) && ['--help', '-h', 'help'].includes(second)) return { name: first, rest: [] };
  throw new UsageError(unknownCommand(first, second));
}

/** Whether it is the first word of several commands. */
const isGroup = (word: string) => Object.keys(COMMANDS).some((name) => name.startsWith(`${word} `));

function unknownCommand(first: string, second: string): string {
  const names = Object.keys(COMMANDS);
  const family = names.filter((name) => name.startsWith(`${first} `));
  if (family.length > 0) return `"${first}" needs another word: ${family.join(' or ')}.`;
  const near = suggest(first, names) ?? suggest(`${first} ${second}`, names);
  if (first.startsWith('-')) return `${first} must come after the command, as in serve ${first}.`;
  return `Unknown command "${first}". ${near ? `Did you mean ${near}?` : `The commands are ${names.join(', ')}.`}`;
}

/** @param group the first word of the commands to list */
function help(group: string): string {
  const asked = Object.entries(COMMANDS).filter(([name]) => group === '' || name.startsWith(`${group} `));
  const commands = asked.map(
    ([, { usage, summary }]) => `${wrapText(usage, '  ', '    ')}\n${wrapText(summary, '      ')}`,
  );
  return `One GraphQL endpoint over Sage 200 and a Sage ERP tenant.

Usage: ${USAGE}

${commands.join('\n')}

  --help, --version

To serve your own Sage 200 and ERP:
    ${SERVE} --config gateway.yaml`;
}

function version(): string {
  const manifest = parseObject(readFileSync(new URL('../../package.json', import.meta.url)));
  return String(manifest?.['version'] ?? 'unknown');
}

function print(stdout: CommandContext['stdout'], text: string): number {
  stdout.write(`${text}\n`);
  return 0;
}
