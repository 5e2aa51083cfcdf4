import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { printConfigJsonSchema } from '../config/index.ts';
import { type Command, parseOptions } from './command.ts';
import { readSchemaOptions } from './schema-tenant.ts';

const FOLDER = new URL('../../schema/', import.meta.url);

/** Prints the graph as callers of a tenant see it, or those without one. */
export const schemaPrint: Command = async ({ stdout, ...context }) => {
  const { sdl } = await readSchemaOptions(context);
  stdout.write(sdl);
  return 0;
};

/** Writes everything in schema/ that is printed, so that a review sees a change of the contract as a diff. */
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

/** Loaded when asked for, since it brings everything the gateway is made of. */
async function printGatewaySchema(): Promise<string> {
  const { printOwnSchema } = await import('../compose.ts');
  return printOwnSchema();
}
