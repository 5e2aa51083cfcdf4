import { GatewayError } from '../kit/errors/index.ts';
import { toPrintableJson } from '../kit/text/index.ts';
import { chooseTenants } from './ask-graph.ts';
import { type Command, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';
import { printTable } from './print-table.ts';

/**
 * Reads the schemas of tenants now. Running gateways with the same snapshot folder notice a new schema and read it
 * themselves. Exit code 1 if a tenant did not answer.
 */
export const schemaRefresh: Command = async ({ args, stdout, ...context }) => {
  const { values } = parseOptions(args, {
    config: { type: 'string' },
    tenant: { type: 'string' },
    json: { type: 'boolean' },
  });
  const config = openConfig(values.config, context);
  const tenants = chooseTenants(config, values.tenant);
  const rows = await withSources(config, ({ erp }) =>
    Promise.all(
      tenants.map(async (tenant) => {
        const before = await erp.schemaOf(tenant).catch(() => undefined);
        try {
          const { digest } = await erp.refreshSchema(tenant);
          const word = before === undefined ? 'new' : before.digest === digest ? 'the same' : 'changed';
          return { tenant, says: word, ok: true, detail: digest.slice(0, 12) };
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error;
          return { tenant, says: error.code, ok: false, detail: error.message };
        }
      }),
    ),
  );
  stdout.write(
    values.json
      ? `${toPrintableJson(JSON.stringify(rows, null, 2))}\n`
      : printTable(
          ['tenant', 'schema', ''],
          rows.map(({ tenant, says, detail }) => [tenant, says, detail]),
        ),
  );
  return rows.every(({ ok }) => ok) ? 0 : 1;
};
