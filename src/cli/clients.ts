import { text as readText } from 'node:stream/consumers';
import { toPrintableJson } from '../kit/text/index.ts';
import type { ClientInput, ClientKey, CompanyPair, StoredClient, Vault } from '../tokens/index.ts';
import { type Command, type CommandContext, parseOptions, UsageError } from './command.ts';
import { printTable } from './print-table.ts';
import { madeOf, withClients } from './with-clients.ts';

export const clientsList: Command = async ({ args, stdout, ...context }) => {
  const options = { config: { type: 'string' }, name: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values } = parseOptions(args, options);
  return withClients(values.config, context, async ({ vault }) => {
    const rows = (await readDirectory(vault)).filter(({ name, title }) => {
      const wanted = values.name?.toLowerCase() ?? '';
      return `${name}\n${title ?? ''}`.toLowerCase().includes(wanted);
    });
    if (values.json) for (const row of rows) stdout.write(`${toPrintableJson(JSON.stringify(row))}\n`);
    else if (rows.length === 0) stdout.write('There are no matching clients.\n');
    else
      stdout.write(
        printTable(
          ['name', 'title', 'enabled', 'version', 'tenant', 'keys'],
          rows.map((row) => [
            row.name,
            row.title ?? '-',
            row.enabled ? 'yes' : 'no',
            row.version,
            row.tenantId ?? '-',
            row.keys.map(({ name }) => name).join(', ') || '-',
          ]),
        ),
      );
    return 0;
  });
};

/** Without secrets. */
interface ListedClient extends Omit<StoredClient, 'erp'> {
  readonly tenantId: string | undefined;
  readonly keys: readonly ListedKey[];
}

/** Instants are ISO 8601; null: it never stops working. */
interface ListedKey extends Pick<ClientKey, 'name' | 'readOnly'> {
  readonly expiresAt: string | null;
}

async function readDirectory(vault: Vault): Promise<ListedClient[]> {
  const clients: StoredClient[] = [];
  const keys = new Map<string, ClientKey[]>();
  for await (const page of vault.clients.changesAfter(-1)) {
    clients.push(...page.clients);
    for (const key of page.keys) keys.set(key.client, [...(keys.get(key.client) ?? []), key]);
  }
  return clients
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ erp, ...client }) => ({
      ...client,
      tenantId: erp?.tenantId,
      keys: (keys.get(client.name) ?? []).map(({ name, readOnly, expiresAt }) => ({
        name,
        readOnly,
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
      })),
    }));
}

const PUT_OPTIONS = {
  config: { type: 'string' },
  title: { type: 'string' },
  enable: { type: 'boolean' },
  disable: { type: 'boolean' },
  site: { type: 'string' },
  company: { type: 'string' },
  companies: { type: 'string' },
  'tenant-id': { type: 'string' },
  'client-id': { type: 'string' },
  'secret-from': { type: 'string' },
  adopt: { type: 'boolean' },
  'if-version': { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** Adds or changes one client. Its tenant's secret is never passed on the command line. */
export const clientsPut: Command = async ({ args, stdout, ...context }) => {
  const { values, positionals } = parseOptions(args, PUT_OPTIONS, ['NAME']);
  if (values.enable && values.disable) throw new UsageError('Use --enable or --disable, not both.');
  const [tenantId, clientId] = [values['tenant-id'], values['client-id']];
  if ((tenantId === undefined) !== (clientId === undefined))
    throw new UsageError('--tenant-id and --client-id must be used together.');
  const secret = await readSecret(values['secret-from'], context);
  const input: ClientInput = {
    name: positionals[0] ?? '',
    title: values.title,
    enabled: values.disable ? false : values.enable,
    site: values.site,
    company: values.company,
    companies: toCompanies(values.companies),
    adopt: values.adopt,
    ...(tenantId !== undefined && clientId !== undefined && { erp: { tenantId, clientId, clientSecret: secret } }),
  };
  const ifVersion = toVersion(values['if-version']);
  return withClients(values.config, context, async ({ admin, by }) => {
    const { name, version, enabled } = madeOf(await admin.put(input, by, ifVersion));
    stdout.write(
      values.json
        ? `${JSON.stringify({ client: name, version, enabled })}\n`
        : `Stored client ${name}, version ${version}. Running gateways will serve it within two seconds.\n`,
    );
    return 0;
  });
};

/** Removes one client and everything that belongs to it. */
export const clientsRemove: Command = async ({ args, stdout, ...context }) => {
  const { values, positionals } = parseOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } }, [
    'NAME',
  ]);
  return withClients(values.config, context, async ({ admin, by }) => {
    const { name } = madeOf(await admin.remove(positionals[0] ?? '', by));
    stdout.write(
      values.json
        ? `${JSON.stringify({ client: name, removed: true })}\n`
        : `Removed client ${name} with its keys, links and connection. Its name can be used again in seven days.\n`,
    );
    return 0;
  });
};

async function readSecret(
  from: string | undefined,
  { env, stdin }: Pick<CommandContext, 'env' | 'stdin'>,
): Promise<string | undefined> {
  if (from === undefined) return undefined;
  if (from === '-') return (await readText(stdin)).trim();
  const found = env[from];
  if (found) return found;
  throw new UsageError(
    `--secret-from must be - for standard input, or the name of an environment variable. "${from}" is not set.`,
  );
}

function toCompanies(text: string | undefined): readonly CompanyPair[] | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'all') return null;
  return text.split(',').map((pair) => {
    const [, site, company] = /^([^:]+):([^:]+)$/.exec(pair.trim()) ?? [];
    if (site && company) return { site, company };
    throw new UsageError('--companies must be all, or pairs of site and company ids: --companies SITE:1,SITE:2.');
  });
}

function toVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError('--if-version must be a whole number: the version that clients list shows, or 0.');
}
