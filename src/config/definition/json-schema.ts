import { z } from 'zod';
import { type ConfigFileSchema, createConfigFileSchema } from './schema.ts';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** The JSON Schema of gateway.yaml, for editors: defaults as in the file, placeholders allowed. */
export function configJsonSchema(definition: ConfigFileSchema): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(definition, {
    io: 'input',
    override({ jsonSchema }) {
      writeDefault(jsonSchema);
      allowEmpty(jsonSchema);
    },
  });
  return {
    $schema,
    title: 'gateway.yaml',
    description: 'Configuration of the Sage gateway. ${NAME} is replaced by the environment variable NAME.',
    ...(rest as JsonSchema),
  };
}

/** The text of schema/gateway-config.json. */
export function printConfigJsonSchema(): string {
  return `${JSON.stringify(configJsonSchema(createConfigFileSchema()), null, 2)}\n`;
}

interface Written {
  default?: unknown;
  type?: unknown;
  enum?: unknown[];
  anyOf?: unknown[];
  properties?: Record<string, unknown>;
  required?: string[];
}

/** A setting without a value, such as `site:`, counts as omitted. */
function allowEmpty({ properties = {}, required = [] }: Written): void {
  for (const [name, setting] of Object.entries(properties)) if (!required.includes(name)) allowNull(setting as Written);
}

/** Called more than once for a setting that is part of others. */
function allowNull(setting: Written): void {
  if ([setting.type].flat().includes('null')) return;
  if (setting.anyOf?.some((each) => (each as Written).type === 'null')) return;
  if (setting.anyOf) setting.anyOf = [...setting.anyOf, { type: 'null' }];
  if (setting.enum) setting.enum = [...setting.enum, null];
  if (setting.type !== undefined) setting.type = [...new Set([setting.type, 'null'].flat())];
}

/** The definition reads every value as text; in the file, numbers and flags are not quoted. */
function writeDefault(schema: Written): void {
  if (typeof schema.default === 'string' && /^(true|false|\d+(\.\d+)?)$/.test(schema.default)) {
    schema.default = JSON.parse(schema.default);
  }
}
