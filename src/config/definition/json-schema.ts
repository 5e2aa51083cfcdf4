import { z } from 'zod';
import { type ConfigFileSchema, createConfigFileSchema } from './schema.ts';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** The JSON Schema of gateway.yaml as people write it, for editors: defaults as in the file, placeholders allowed. */
export function configJsonSchema(definition: ConfigFileSchema): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(definition, {
    io: 'input',
    override: ({ jsonSchema }) => writeDefault(jsonSchema),
  });
  return {
    $schema,
    title: 'gateway.yaml',
    description: 'Configuration of the Sage gateway. ${NAME} is replaced from the environment.',
    ...(rest as JsonSchema),
  };
}

/** The text of schema/gateway-config.json. */
export function printConfigJsonSchema(): string {
  return `${JSON.stringify(configJsonSchema(createConfigFileSchema()), null, 2)}\n`;
}

/** Inside, every value starts as text; in the file, people write numbers and flags bare. */
function writeDefault(schema: { default?: unknown }): void {
  if (typeof schema.default === 'string' && /^(true|false|\d+(\.\d+)?)$/.test(schema.default)) {
    schema.default = JSON.parse(schema.default);
  }
}
