import { readFileSync } from 'node:fs';
import { ConfigError, suggest } from '../config/index.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { parseObject } from '../kit/json.ts';
import { toPrintableLines } from '../kit/text/index.ts';
import { type Command, type CommandContext, CommandFailure, UsageError } from './command.ts';

interface Entry {
  readonly usage: string;
  readonly summary: string;
  /** Loaded when asked for: `keys create` does not wait for a GraphQL server to load. */
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: {
    usage: 'serve [--config FILE] [--port N] [--workers N]',
    summary:
      'Start the gateway. Without --config and GATEWAY_CONFIG it runs against its own sandbox. With --workers it runs in N processes, or with auto in one for each core.',
    load: async () => (await import('./serve.ts')).serve,
  },
  sandbox: {
    usage:
      'sandbox [--port 4100] [--write-config sandbox.yaml] [--customers N] [--companies N] [--types N] [--data FOLDER] [--public-host NAME] [--stamp-steps] [--commit-delay MS] [--clock-ahead MS]',
    summary:
      'Start the sandbox alone: Sage ID, Sage 200, an ERP tenant and Payments Out on four ports in a row. With --types the schema of that tenant has about so many types, generated ones among them. --data names a folder with rows of your own, <resource>.json. HOST is the address to listen on, --public-host the name that clients use.',
    load: async () => (await import('./sandbox.ts')).sandbox,
  },
  check: {
    usage: 'check [--config FILE] [--json]',
    summary: 'Try every connection and tenant of the configuration: what would be served, and what is wrong.',
    load: async () => (await import('./check.ts')).check,
  },
  'links check': {
    usage: 'links check [--config FILE] [--tenant NAME] [--connection NAME] [--site ID --company ID] [--json]',
    summary: 'Read both sides of every link and say which keys meet, which do not, and which are shared.',
    load: async () => (await import('./links-check.ts')).linksCheck,
  },
  'connection import': {
    usage: 'connection import NAME [--config FILE]',
    summary: 'Store a connection. Its refresh token is read from standard input.',
    load: async () => (await import('./connection-import.ts')).connectionImport,
  },
  connect: {
    usage: 'connect NAME [--config FILE] [--port PORT]',
    summary: 'Sign in to Sage for a connection, from this terminal and a browser on this machine.',
    load: async () => (await import('./connect.ts')).connect,
  },
  'vault rotate-key': {
    usage: 'vault rotate-key [--config FILE]',
    summary: 'Seal everything in the vault with vault.key, so that vault.previousKeys can be emptied.',
    load: async () => (await import('./vault-rotate-key.ts')).vaultRotateKey,
  },
  audit: {
    usage:
      'audit [--config FILE] [--kind KIND] [--caller ID] [--connection NAME] [--since TIME] [--until TIME] [--limit 100] [--json], or audit --verify [--config FILE] [--json]',
    summary:
      'List what was done, newest first: mutations, acts of administrators, refusals. TIME is 2026-01-31, 2026-01-31T12:00Z, or 24h for a day ago. With --verify: check that no line of the record was changed, added or removed.',
    load: async () => (await import('./audit.ts')).audit,
  },
  'keys create': {
    usage: 'keys create [--name NAME] [--companies all | SITE:COMPANY,…]',
    summary: 'Make an API key, shown once, and the configuration line for it.',
    load: async () => (await import('./keys-create.ts')).keysCreate,
  },
  explain: {
    usage: 'explain FILE [--operation NAME] [--variables JSON] [--config FILE [--tenant NAME]]',
    summary:
      'Say how an operation is answered: what is asked of whom, what is passed through, and why it is not faster. Without a configuration, of Sage 200 alone.',
    load: async () => (await import('./explain.ts')).explain,
  },
  'schema print': {
    usage: 'schema print [--tenant NAME [--config FILE]]',
    summary: 'Print the GraphQL schema of the gateway: without a tenant, or as callers of one see it.',
    load: async () => (await import('./schema.ts')).schemaPrint,
  },
  'schema save': {
    usage: 'schema save [--tenant NAME [--config FILE]] [--file FILE]',
    summary: 'Keep that schema in a file, to compare with later.',
    load: async () => (await import('./schema-diff.ts')).schemaSave,
  },
  'schema diff': {
    usage: 'schema diff [--tenant NAME [--config FILE]] [--file FILE]',
    summary: 'Show what changed since the schema was saved, what breaks clients first.',
    load: async () => (await import('./schema-diff.ts')).schemaDiff,
  },
  'schema refresh': {
    usage: 'schema refresh [--tenant NAME] [--config FILE]',
    summary: 'Ask ERP tenants for their schemas now; running gateways take them over.',
    load: async () => (await import('./schema-refresh.ts')).schemaRefresh,
  },
  'schema write': {
    usage: 'schema write',
    summary: 'Write schema/gateway.graphql and schema/gateway-config.json.',
    load: async () => (await import('./schema.ts')).schemaWrite,
  },
  'config schema': {
    usage: 'config schema',
    summary: 'Print the JSON Schema of gateway.yaml.',
    load: async () => (await import('./config-schema.ts')).configSchema,
  },
};

/** A whole command line to an exit code: 0 done, 1 failed, 2 a wrong command line. Failures are told on standard error. */
export async function run({ args, ...context }: CommandContext): Promise<number> {
  try {
    const { name, entry, rest } = findCommand(args);
    if (name === '--version') return print(context.stdout, version());
    if (!entry) return print(context.stdout, help(name === '--help' ? '' : name));
    if (rest.includes('--help') || rest.includes('-h')) {
      return print(context.stdout, `gateway ${entry.usage}\n\n${entry.summary}`);
    }
    const command = await entry.load();
    return await command({ ...context, args: rest });
  } catch (error) {
    if (error instanceof UsageError) {
      context.stderr.write(`${toPrintableLines(error.message)}\nAll commands: npm run gateway -- --help\n`);
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

/** Names, messages and places only: the members of foreign errors hold requests and their headers. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'The command failed, and said nothing about it.\n';
  // Failures on purpose say what to do next; of the others, the place helps those who fix them.
  if (error instanceof GatewayError) return `${error.message}\n`;
  const cause = error.cause instanceof Error ? `caused by: ${error.cause.message}\n` : '';
  return `The command failed unexpectedly.\n${error.stack ?? error.message}\n${cause}`;
}

function findCommand(args: readonly string[]): { name: string; entry?: Entry | undefined; rest: readonly string[] } {
  const [first, second = ''] = args;
  if (first === undefined) return { name: 'serve', entry: COMMANDS['serve'], rest: [] };
  if (first === '--help' || first === '-h' || first === 'help') return { name: '--help', rest: [] };
  if (first === '--version' || first === '-v') return { name: '--version', rest: [] };
  const [one, two] = [COMMANDS[first], COMMANDS[`${first} ${second}`]];
  if (one) return { name: first, entry: one, rest: args.slice(1) };
  if (two) return { name: `${first} ${second}`, entry: two, rest: args.slice(2) };
  const isGroup = Object.keys(COMMANDS).some((name) => name.startsWith(`${first} `));
  if (isGroup && (second === '--help' || second === '-h')) return { name: first, rest: [] };
  throw new UsageError(unknownCommand(first, second));
}

function unknownCommand(first: string, second: string): string {
  const names = Object.keys(COMMANDS);
  const family = names.filter((name) => name.startsWith(`${first} `));
  if (family.length > 0) return `"${first}" needs another word; write ${family.join(' or ')}.`;
  const near = suggest(first, names) ?? suggest(`${first} ${second}`, names);
  if (first.startsWith('-')) return `${first} cannot stand before the command; write it behind, as in serve ${first}.`;
  return `"${first}" is not a command; ${near ? `did you mean ${near}?` : `write one of ${names.join(', ')}.`}`;
}

/** @param group first word of the commands that are asked about */
function help(group: string): string {
  const asked = Object.entries(COMMANDS).filter(([name]) => group === '' || name.startsWith(`${group} `));
  const commands = asked.map(([, entry]) => entry).map(({ usage, summary }) => `  ${usage}\n      ${summary}`);
  return `One GraphQL endpoint over Sage 200 and a Sage ERP tenant.

Usage: npm run gateway -- COMMAND, or node src/main.ts COMMAND

${commands.join('\n')}

  --help, --version

npm start is serve, npm run sandbox is sandbox: npm start -- --config gateway.yaml`;
}

function version(): string {
  const manifest = parseObject(readFileSync(new URL('../../package.json', import.meta.url)));
  return String(manifest?.['version'] ?? 'unknown');
}

function print(stdout: CommandContext['stdout'], text: string): number {
  stdout.write(`${text}\n`);
  return 0;
}
