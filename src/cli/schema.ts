import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { printConfigJsonSchema } from '../config/index.ts';
import { type Command, parseOptions } from './command.ts';
import { readSchemaOptions } from './schema-tenant.ts';

const FOLDER = new URL('../../schema/', import.meta.url);

/** Prints the schema as callers of a tenant, or callers without a tenant, see it. */
export const schemaPrint: Command = async ({ stdout, ...context }) => {
  const { sdl } = await readSchemaOptions(context);
  stdout.write(sdl);
  return 0;
};

/** Writes the generated files in schema/, so that reviews show changes of the contract as a diff. */
export const schemaWrite: Command = async ({ args, stdout }) => {
  parseOptions(args, {});
  const files = { 'gateway.graphql': await printGatewaySchema(), 'gateway-config.json': printConfigJsonSchema() };
  for (const [name, text] of Object.entries(files)) {
    const path = fileURLToPath(new URL(name, FOLDER));
    await writeFile(path, text);
    stdout.write(`${path}\n`);
  }
  return 0;
};

/** Loaded when needed, since it loads the whole gateway. */
async function printGatewaySchema(): Promise<string> {
  const { printOwnSchema } = await import('../compose.ts');
  return printOwnSchema();
}
