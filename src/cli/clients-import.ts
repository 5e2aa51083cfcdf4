import { readFileSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { ClientInput } from '../tokens/index.ts';
import { type Command, type CommandContext, CommandFailure, parseOptions } from './command.ts';
import { toLine, withClients } from './with-clients.ts';

const company = z.strictObject({ site: z.coerce.string(), company: z.coerce.string() });

const client = z.strictObject({
  name: z.string(),
  title: z.string().nullish(),
  enabled: z.boolean().nullish(),
  site: z.coerce.string().optional(),
  company: z.coerce.string().optional(),
  companies: z.array(company).nullish(),
  adopt: z.boolean().nullish(),
  erp: z
    .strictObject({
      tenantId: z.coerce.string(),
      clientId: z.coerce.string(),
      clientSecret: z.string().nullish(),
    })
    .nullish(),
});

const STDIN = '-';

/**
 * Adds or changes the clients of a list in YAML or JSON, one after the other. A file refers to a secret by the name of an
 * environment variable, `${NAME}`; only standard input may contain the secret itself.
 */
export const clientsImport: Command = async ({ args, stdout, stderr, ...context }) => {
  const { values, positionals } = parseOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } }, [
    'FILE',
  ]);
  const [path = ''] = positionals;
  const inputs = await readClients(path, context);
  return withClients(values.config, context, async ({ admin, by }) => {
    const failed: { readonly client: string; readonly faults: readonly string[] }[] = [];
    for (const input of inputs) {
      const outcome = await admin.put(input, by);
      if ('made' in outcome) continue;
      const faults = outcome.userErrors.map(toLine);
      failed.push({ client: input.name, faults });
      stderr.write(`${input.name}: ${faults.join('; ')}\n`);
    }
    const stored = inputs.length - failed.length;
    stdout.write(
      values.json ? `${JSON.stringify({ stored, failed })}\n` : `${stored} of ${inputs.length} clients are stored.\n`,
    );
    return failed.length === 0 ? 0 : 1;
  });
};

async function readClients(
  path: string,
  { env, stdin }: Pick<CommandContext, 'env' | 'stdin'>,
): Promise<ClientInput[]> {
  const text = path === STDIN ? await readText(stdin) : readFile(path);
  const parsed = z.array(client).safeParse(parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CommandFailure(
      `This is not a list of clients: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}. See docs/partners.md for an example.`,
    );
  }
  return parsed.data.map((each) => ({ ...each, erp: each.erp && withSecret(each, each.erp, path, env) }));
}

type Erp = NonNullable<z.output<typeof client>['erp']>;

function withSecret({ name }: { readonly name: string }, erp: Erp, path: string, env: CommandContext['env']): Erp {
  const { clientSecret } = erp;
  if (typeof clientSecret !== 'string' || path === STDIN) return erp;
  const [, variable] = /^\$\{(\w+)\}$/.exec(clientSecret) ?? [];
  if (variable === undefined)
    throw new CommandFailure(
      `${name}: the file contains erp.clientSecret in plain text. Use an environment variable, \${NAME}, or pass the list on standard input: clients import -.`,
    );
  const found = env[variable];
  if (found) return { ...erp, clientSecret: found };
  throw new CommandFailure(`${name}: the environment variable ${variable} for erp.clientSecret is not set.`);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CommandFailure(`The file ${path} cannot be read.`);
  }
}

function parse(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    throw new CommandFailure('This is neither YAML nor JSON.');
  }
}
