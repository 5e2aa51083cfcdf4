import { makeApiKey } from '../kit/api-key.ts';
import { parseDuration } from '../kit/settings/index.ts';
import { type Command, type CommandContext, parseOptions, UsageError } from './command.ts';

const OPTIONS = {
  name: { type: 'string' },
  companies: { type: 'string' },
  json: { type: 'boolean' },
  client: { type: 'string' },
  write: { type: 'boolean' },
  'expires-in': { type: 'string' },
  config: { type: 'string' },
} as const;

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

/** Creates an API key, for the configuration or for a client in the directory. The key is shown only once. */
export const keysCreate: Command = async (context) => {
  const { values } = parseOptions(context.args, OPTIONS);
  if (values.client !== undefined) return createClientKey(values.client, values, context);
  const { name = 'my-program', companies = 'all', json, ...ofClients } = values;
  const [unfit] = Object.keys(ofClients);
  if (unfit !== undefined) throw new UsageError(`--${unfit} also needs --client NAME.`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new UsageError(
      '--name may contain letters, digits, dots, dashes and underscores, with 64 characters at most.',
    );
  }
  const { key, sha256, line } = createApiKey(name, toCompanies(companies));
  if (json) {
    context.stdout.write(`${JSON.stringify({ name, key, sha256, line })}\n`);
    return 0;
  }
  context.stdout.write(`The key, shown only now. The program sends it as
"Authorization: Bearer <key>":

  ${key}

Add this line to gateway.yaml under callers.apiKeys, with the connection and
tenants the program may use. companies are those of the connection that it may
use; all is every one, now and later:

  ${line}
`);
  return 0;
};

/** Only the key goes to standard output. */
async function createClientKey(client: string, values: Values, context: CommandContext): Promise<number> {
  const { name = 'my-program', companies, json, write, 'expires-in': expiresIn } = values;
  if (companies !== undefined)
    throw new UsageError('A client key uses the companies of its client. Remove --companies.');
  const lifeMs = expiresIn === undefined ? undefined : parseDuration(expiresIn);
  if (expiresIn !== undefined && lifeMs === undefined)
    throw new UsageError('--expires-in must be a duration such as 90d.');
  const { madeOf, withClients } = await import('./with-clients.ts');
  return withClients(values.config, context, async ({ admin, by }) => {
    const expiresAt = lifeMs === undefined ? undefined : Date.now() + lifeMs;
    const { secret, key } = madeOf(await admin.createKey({ client, name, readOnly: !write, expiresAt }, by));
    if (json) {
      const { sha256, readOnly } = key;
      context.stdout.write(`${JSON.stringify({ client, name, key: secret.reveal(), sha256, readOnly, expiresAt })}\n`);
      return 0;
    }
    context.stderr.write(
      `The key of ${key.client}, shown only now; its program is key:${key.client}/${key.name}${key.readOnly ? ' and may only read' : ''}:\n`,
    );
    context.stdout.write(`${secret.reveal()}\n`);
    return 0;
  });
}

/**
 * A new key and its line for `callers.apiKeys`.
 * @param companies as YAML
 */
export function createApiKey(
  name: string,
  companies = 'all',
): { readonly key: string; readonly sha256: string; readonly line: string } {
  const { key, sha256 } = makeApiKey();
  return {
    key,
    sha256,
    line: `- { name: ${name}, sha256: ${sha256}, companies: ${companies}, tenants: [], readOnly: true, admin: false }`,
  };
}

/** `all`, or pairs such as `SITE:1,SITE:2`, to YAML. @throws UsageError */
function toCompanies(text: string): string {
  if (text === 'all') return text;
  const pairs = text.split(',').map((pair) => /^([\w-]{1,64}):([\w-]{1,64})$/.exec(pair.trim()));
  const items = pairs.map((pair) => pair && `{ site: "${pair[1]}", company: "${pair[2]}" }`);
  if (items.every((item) => item !== null)) return `[${items.join(', ')}]`;
  throw new UsageError('--companies must be all, or pairs of site and company ids: --companies SITE:1,SITE:2.');
}
