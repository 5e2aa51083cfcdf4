import { readFile, writeFile } from 'node:fs/promises';
import { chooseTenants } from './ask-graph.ts';
import { type CommandContext, CommandFailure, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';

export interface NamedSchema {
  readonly name: string;
  readonly sdl: string;
  /** The file to save it to or compare it with. */
  readonly file: string;
  /** Whether the output is for a program. */
  readonly isForProgram: boolean;
}

/** The schema that the options choose: a tenant's together with the gateway's own, or only the gateway's own. */
export async function readSchemaOptions({ args, env }: Pick<CommandContext, 'args' | 'env'>): Promise<NamedSchema> {
  const { values } = parseOptions(args, {
    config: { type: 'string' },
    tenant: { type: 'string' },
    file: { type: 'string' },
    json: { type: 'boolean' },
  });
  const isForProgram = values.json ?? false;
  if (values.tenant === undefined) {
    const { printOwnSchema } = await import('../compose.ts');
    return {
      name: 'gateway',
      sdl: await printOwnSchema(),
      file: values.file ?? 'schema-gateway.graphql',
      isForProgram,
    };
  }
  const config = openConfig(values.config, { env });
  const [tenant = ''] = chooseTenants(config, values.tenant);
  const sdl = await withSources(config, async ({ erp, graph }) => {
    // Read from the tenant itself, not from the cache.
    await erp.refreshSchema(tenant);
    const [{ lexicographicSortSchema }, { printShownSchema }] = await Promise.all([
      import('graphql'),
      import('../kit/print-schema.ts'),
    ]);
    return `${printShownSchema(lexicographicSortSchema(await graph.schemaFor(tenant)))}\n`;
  });
  return { name: tenant, sdl, file: values.file ?? `schema-${tenant}.graphql`, isForProgram };
}

export const saveSchema = ({ sdl, file }: NamedSchema): Promise<void> => writeFile(file, sdl);

/** @throws CommandFailure if nothing was saved there */
export async function readSaved({ file, name }: NamedSchema): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    const option = name === 'gateway' ? '' : ` --tenant ${name}`;
    throw new CommandFailure(`There is no schema at ${file} to compare with. Run gateway schema save${option} first.`);
  });
}
