import type { Command } from './command.ts';

/** A command as the help shows it. */
export interface CommandEntry {
  readonly usage: string;
  readonly summary: string;
  /** Loaded when asked for: `keys create` does not wait for a GraphQL server to load. */
  readonly load: () => Promise<Command>;
}

/** All commands by name, one word or two. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
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
  'documents check': {
    usage: 'documents check [--config FILE] [--tenant NAME] [--refresh] [--json]',
    summary:
      'Compare the documents of documents.files with the schema of each tenant: ok, FAULT, or a note where only the tenant takes them. With --refresh also with the schema that the tenant has now.',
    load: async () => (await import('./documents-check.ts')).documentsCheck,
  },
  'links check': {
    usage: 'links check [--config FILE] [--tenant NAME] [--connection NAME] [--site ID --company ID] [--json]',
    summary: 'Read both sides of every link and say which keys meet, which do not, and which are shared.',
    load: async () => (await import('./links-check.ts')).linksCheck,
  },
  'connections list': {
    usage: 'connections list [--config FILE] [--json]',
    summary: 'List the connections that are stored, and those that callers are given and nobody has signed in for.',
    load: async () => (await import('./connections.ts')).connectionsList,
  },
  'connections remove': {
    usage: 'connections remove NAME [--config FILE] [--json]',
    summary: 'End a connection here and at Sage ID. What used it stops until somebody signs in for it again.',
    load: async () => (await import('./connections.ts')).connectionsRemove,
  },
  'connection import': {
    usage: 'connection import NAME [--config FILE] [--json]',
    summary:
      'Store a connection. Its refresh token is read from standard input, and stored only after Sage ID has accepted it.',
    load: async () => (await import('./connection-import.ts')).connectionImport,
  },
  connect: {
    usage: 'connect NAME [--config FILE] [--port PORT]',
    summary: 'Sign in to Sage for a connection, from this terminal and a browser on this machine.',
    load: async () => (await import('./connect.ts')).connect,
  },
  'vault rotate-key': {
    usage: 'vault rotate-key [--config FILE] [--json]',
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
  'clients list': {
    usage: 'clients list [--name TEXT] [--config FILE] [--json]',
    summary: 'List the clients that were added while the gateway runs, with the names of their keys.',
    load: async () => (await import('./clients.ts')).clientsList,
  },
  'clients put': {
    usage:
      'clients put NAME [--title TEXT] [--enable | --disable] [--site ID --company ID] [--companies all | SITE:COMPANY,…] [--tenant-id ID --client-id ID [--secret-from VARIABLE | -]] [--adopt] [--if-version N] [--config FILE] [--json]',
    summary:
      'Add a client or change one; what is left out stays. The secret of its tenant is read from an environment variable or, with -, from standard input.',
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
      'Add or change all clients of a list in YAML or JSON. Secrets in a file are names of environment variables, ${NAME}; with - the list comes from standard input.',
    load: async () => (await import('./clients-import.ts')).clientsImport,
  },
  'connect-link': {
    usage:
      'connect-link NAME [--expires-in 7d] [--email ADDRESS] [--return-to URL] [--state TEXT] [--replace] [--config FILE] [--json]',
    summary: 'Make a link with which a person signs in to Sage 200 for a client, once.',
    load: async () => (await import('./connect-link.ts')).connectLink,
  },
  'keys create': {
    usage:
      'keys create [--name NAME] [--companies all | SITE:COMPANY,…] [--json], or keys create --client NAME [--name NAME] [--write] [--expires-in 90d] [--config FILE] [--json]',
    summary: 'Make an API key, shown once, and the configuration line for it; or a key of a client.',
    load: async () => (await import('./keys-create.ts')).keysCreate,
  },
  explain: {
    usage: 'explain FILE [--operation NAME] [--variables JSON] [--config FILE [--tenant NAME]] [--json]',
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
    usage: 'schema diff [--tenant NAME [--config FILE]] [--file FILE] [--json]',
    summary: 'Show what changed since the schema was saved, what breaks clients first.',
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
    summary: 'Ask ERP tenants for their schemas now; running gateways take them over.',
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
      'Check the configuration, and ask every gateway on its vault to read its own again. Says what became of it in each; exit code 1 unless all have it in use.',
    load: async () => (await import('./config-reload.ts')).configReload,
  },
  'config schema': {
    usage: 'config schema',
    summary: 'Print the JSON Schema of gateway.yaml.',
    load: async () => (await import('./config-schema.ts')).configSchema,
  },
  completion: {
    usage: 'completion bash | zsh | fish | powershell',
    summary: 'Print a script that completes commands and options in that shell. It says how it is installed.',
    load: async () => (await import('./completion.ts')).completion,
  },
};
