import { readFileSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import { isNode, LineCounter, parseDocument } from 'yaml';
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
  const { inputs, placeOf } = await readClients(path, context);
  return withClients(values.config, context, async ({ admin, by }) => {
    const failed: { readonly client: string; readonly faults: readonly string[] }[] = [];
    for (const [index, input] of inputs.entries()) {
      const outcome = await admin.put(input, by);
      if ('made' in outcome) continue;
      const faults = outcome.userErrors.map(toLine);
      failed.push({ client: input.name, faults });
      stderr.write(`${placeOf([index])}: ${input.name}: ${faults.join('; ')}\n`);
    }
    const stored = inputs.length - failed.length;
    stdout.write(
      values.json ? `${JSON.stringify({ stored, failed })}\n` : `${stored} of ${inputs.length} clients are stored.\n`,
    );
    return failed.length === 0 ? 0 : 1;
  });
};

interface ListedClients {
  readonly inputs: readonly ClientInput[];
  /** File and line. */
  readonly placeOf: (path: readonly PropertyKey[]) => string;
}

async function readClients(
  path: string,
  { env, stdin }: Pick<CommandContext, 'env' | 'stdin'>,
): Promise<ListedClients> {
  const { content, placeOf } = parse(path, path === STDIN ? await readText(stdin) : readFile(path));
  const parsed = z.array(client).safeParse(content);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${placeOf(issue.path)}: ${toFault(issue)}\n`);
    throw new CommandFailure(
      `This is not a list of clients. See docs/partners.md for an example.\n${faults.join('').trimEnd()}`,
    );
  }
  const inputs = parsed.data.map((each) => ({ ...each, erp: each.erp && withSecret(each, each.erp, path, env) }));
  return { inputs, placeOf };
}

/** The first name in a path is the number of the client. */
const toFault = ({ path, message }: z.core.$ZodIssue): string =>
  path.length > 1 ? `${path.slice(1).join('.')}: ${message}` : message;

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

function parse(path: string, text: string): Pick<ListedClients, 'placeOf'> & { readonly content: unknown } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => `${path === STDIN ? 'standard input' : path}:${lines.linePos(offset).line}`;
  const [broken] = document.errors;
  if (broken) throw new CommandFailure(`${lineAt(broken.pos[0])}: this is neither YAML nor JSON.`);
  return {
    content: document.toJS(),
    placeOf(keys) {
      for (let length = keys.length; length > 0; length -= 1) {
        const node = document.getIn(keys.slice(0, length), true);
        if (isNode(node) && node.range) return lineAt(node.range[0]);
      }
      return lineAt(0);
    },
  };
}
