import type { Command } from './command.ts';

/** A command, as shown in the help. */
export interface CommandEntry {
  readonly usage: string;
  readonly summary: string;
  /** Loaded when needed, so that `keys create` does not have to load a GraphQL server. */
  readonly load: () => Promise<Command>;
}

/** All commands by name, one word or two. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: {
    usage: 'serve [--config FILE] [--port N] [--workers N]',
    summary:
      'Start the gateway. Without --config and GATEWAY_CONFIG, it runs against its own sandbox. With --workers N it runs in N processes; with --workers auto, in one for each core.',
    load: async () => (await import('./serve.ts')).serve,
  },
  sandbox: {
    usage:
      'sandbox [--port 4100] [--write-config sandbox.yaml] [--customers N] [--companies N] [--types N] [--data FOLDER] [--public-host NAME] [--stamp-steps] [--commit-delay MS] [--clock-ahead MS]',
    summary:
      'Start only the sandbox: Sage ID, Sage 200, an ERP tenant and Payments Out on four consecutive ports. --types sets the approximate number of types in the tenant schema, including generated ones. --data names a folder with your own rows, <resource>.json. HOST is the address to listen on, --public-host the name that clients use.',
    load: async () => (await import('./sandbox.ts')).sandbox,
  },
  check: {
    usage: 'check [--config FILE] [--json]',
    summary: 'Try every connection and tenant in the configuration, and print what would be served and what is wrong.',
    load: async () => (await import('./check.ts')).check,
  },
  'documents check': {
    usage: 'documents check [--config FILE] [--tenant NAME] [--refresh] [--json]',
    summary:
      'Compare the documents in documents.files with the schema of each tenant: ok, FAULT, or a note if only the tenant accepts them. With --refresh, also compare with the schema that the tenant has now.',
    load: async () => (await import('./documents-check.ts')).documentsCheck,
  },
  'links check': {
    usage: 'links check [--config FILE] [--tenant NAME] [--connection NAME] [--site ID --company ID] [--json]',
    summary: 'Read both sides of every link and print which keys match, which do not, and which are shared.',
    load: async () => (await import('./links-check.ts')).linksCheck,
  },
  'connections list': {
    usage: 'connections list [--config FILE] [--json]',
    summary: 'List the stored connections, and those that the configuration names but nobody has signed in for.',
    load: async () => (await import('./connections.ts')).connectionsList,
  },
  'connections remove': {
    usage: 'connections remove NAME [--config FILE] [--json]',
    summary:
      'End a connection here and at Sage ID. Its callers cannot use Sage 200 until somebody signs in for it again.',
    load: async () => (await import('./connections.ts')).connectionsRemove,
  },
  'connection import': {
    usage: 'connection import NAME [--config FILE] [--json]',
    summary:
      'Store a connection. The refresh token is read from standard input, and stored only if Sage ID accepts it.',
    load: async () => (await import('./connection-import.ts')).connectionImport,
  },
  connect: {
    usage: 'connect NAME [--config FILE] [--port PORT]',
    summary: 'Sign in to Sage for a connection, with a browser on this machine.',
    load: async () => (await import('./connect.ts')).connect,
  },
  'vault rotate-key': {
    usage: 'vault rotate-key [--config FILE] [--json]',
    summary: 'Re-encrypt everything in the vault with vault.key, so that vault.previousKeys can be emptied.',
    load: async () => (await import('./vault-rotate-key.ts')).vaultRotateKey,
  },
  audit: {
    usage:
      'audit [--config FILE] [--kind KIND] [--caller ID] [--connection NAME] [--since TIME] [--until TIME] [--limit 100] [--json], or audit --verify [--config FILE] [--json]',
    summary:
      'List what was done, newest first: mutations, administrative changes, refusals. TIME is 2026-01-31, 2026-01-31T12:00Z, or 24h for a day ago. With --verify, check that no line of the record was changed, added or removed.',
    load: async () => (await import('./audit.ts')).audit,
  },
  'clients list': {
    usage: 'clients list [--name TEXT] [--config FILE] [--json]',
    summary: 'List the clients in the vault, with the names of their keys.',
    load: async () => (await import('./clients.ts')).clientsList,
  },
  'clients put': {
    usage:
      'clients put NAME [--title TEXT] [--enable | --disable] [--site ID --company ID] [--companies all | SITE:COMPANY,…] [--tenant-id ID --client-id ID [--secret-from VARIABLE | -]] [--adopt] [--if-version N] [--config FILE] [--json]',
    summary:
      'Add or change a client. Omitted options keep their values. The secret of its tenant is read from an environment variable or, with -, from standard input.',
    load: async () => (await import('./clients.ts')).clientsPut,
  },
  'clients remove': {
    usage: 'clients remove NAME [--config FILE] [--json]',
    summary: 'Remove a client with its keys, links and connection. Its name stays reserved for seven days.',
    load: async () => (await import('./clients.ts')).clientsRemove,
  },
  'clients import': {
    usage: 'clients import FILE | - [--config FILE] [--json]',
    summary:
      'Add or change all clients in a YAML or JSON list. A file refers to secrets by environment variable, ${NAME}. With -, the list is read from standard input.',
    load: async () => (await import('./clients-import.ts')).clientsImport,
  },
  'connect-link': {
    usage:
      'connect-link NAME [--expires-in 7d] [--email ADDRESS] [--return-to URL] [--state TEXT] [--replace] [--config FILE] [--json]',
    summary: 'Create a link with which a person can sign in to Sage 200 for a client, once.',
    load: async () => (await import('./connect-link.ts')).connectLink,
  },
  'keys create': {
    usage:
      'keys create [--name NAME] [--companies all | SITE:COMPANY,…] [--json], or keys create --client NAME [--name NAME] [--write] [--expires-in 90d] [--config FILE] [--json]',
    summary:
      'Create an API key, which is shown only once, and print its line for the configuration; or create a key for a client.',
    load: async () => (await import('./keys-create.ts')).keysCreate,
  },
  explain: {
    usage: 'explain FILE [--operation NAME] [--variables JSON] [--config FILE [--tenant NAME]] [--json]',
    summary:
      'Explain how an operation is answered: which requests are sent, what is passed through, and why it is not faster. Without a configuration, only for Sage 200.',
    load: async () => (await import('./explain.ts')).explain,
  },
  'schema print': {
    usage: 'schema print [--tenant NAME [--config FILE]]',
    summary: "Print the gateway's GraphQL schema: without a tenant, or as callers of a tenant see it.",
    load: async () => (await import('./schema.ts')).schemaPrint,
  },
  'schema save': {
    usage: 'schema save [--tenant NAME [--config FILE]] [--file FILE]',
    summary: 'Save that schema to a file, to compare with later.',
    load: async () => (await import('./schema-diff.ts')).schemaSave,
  },
  'schema diff': {
    usage: 'schema diff [--tenant NAME [--config FILE]] [--file FILE] [--json]',
    summary: 'Show what has changed since the schema was saved, breaking changes first.',
    load: async () => (await import('./schema-diff.ts')).schemaDiff,
  },
  'schema history': {
    usage: 'schema history [--tenant NAME] [--config FILE] [--json]',
    summary:
      'List the schemas that ERP tenants have had, with when each was first seen and what it changed. Asks no tenant; with --json all changes are listed.',
    load: async () => (await import('./schema-history.ts')).schemaHistory,
  },
  'schema refresh': {
    usage: 'schema refresh [--tenant NAME] [--config FILE] [--json]',
    summary: 'Read the schemas of ERP tenants now. Running gateways start to use them.',
    load: async () => (await import('./schema-refresh.ts')).schemaRefresh,
  },
  'schema write': {
    usage: 'schema write',
    summary: 'Write schema/gateway.graphql and schema/gateway-config.json.',
    load: async () => (await import('./schema.ts')).schemaWrite,
  },
  'config reload': {
    usage: 'config reload [--config FILE] [--json]',
    summary:
      'Check the configuration, and ask every gateway on its vault to read its own again. Prints the result of each; the exit code is 1 unless all use the new one.',
    load: async () => (await import('./config-reload.ts')).configReload,
  },
  'config schema': {
    usage: 'config schema',
    summary: 'Print the JSON Schema of gateway.yaml.',
    load: async () => (await import('./config-schema.ts')).configSchema,
  },
  completion: {
    usage: 'completion bash | zsh | fish | powershell',
    summary: 'Print a script that completes commands and options in that shell. The script says how to install it.',
    load: async () => (await import('./completion.ts')).completion,
  },
};
