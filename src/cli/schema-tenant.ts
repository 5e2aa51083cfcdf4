import { readFile, writeFile } from 'node:fs/promises';
import { chooseTenants } from './ask-graph.ts';
import { type CommandContext, CommandFailure, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';

/** A schema as text, and what it is called. */
export interface NamedSchema {
  readonly name: string;
  readonly sdl: string;
  /** Where it was saved, or is to be. */
  readonly file: string;
  /** Whether a program reads what is said of it. */
  readonly isForProgram: boolean;
}

/** The schema that the options ask for: a tenant's together with ours, or ours alone. */
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
    // The tenant's own word, not the copy of an earlier time.
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

/** @throws CommandFailure when nothing was saved there */
export async function readSaved({ file, name }: NamedSchema): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    const option = name === 'gateway' ? '' : ` --tenant ${name}`;
    throw new CommandFailure(`There is no schema at ${file} to compare with; run gateway schema save${option} first.`);
  });
}
