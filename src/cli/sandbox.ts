import { resolve } from 'node:path';
import { wrapLines } from '../kit/text/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { type Command, CommandFailure, parseOptions, UsageError } from './command.ts';
import { toListenFailure } from './listen-failure.ts';
import { SERVE } from './program.ts';
import { writeSandboxConfig } from './sandbox-config.ts';
import { closeWithin, listenForStop } from './until-stopped.ts';

const DEFAULT_PORT = 4100;
const CLOSE_WITHIN_MS = 5_000;

/** Starts the sandbox's servers and runs until it is stopped. */
export const sandbox: Command = async ({ args, env, stdout }) => {
  const { values } = parseOptions(args, {
    port: { type: 'string' },
    'write-config': { type: 'string' },
    customers: { type: 'string' },
    companies: { type: 'string' },
    types: { type: 'string' },
    'stamp-steps': { type: 'boolean' },
    'commit-delay': { type: 'string' },
    'clock-ahead': { type: 'string' },
    data: { type: 'string' },
    'public-host': { type: 'string' },
  });
  const port = toNumber('--port', values.port, 0, 65_532) ?? DEFAULT_PORT;
  const customers = toNumber('--customers', values.customers, 1, 1_000_000);
  const companies = toNumber('--companies', values.companies, 1, 1_000);
  const types = toNumber('--types', values.types, 0, 20_000);
  const commitDelayMs = toNumber('--commit-delay', values['commit-delay'], 0, 600_000) ?? 0;
  const clockSkewMs = toNumber('--clock-ahead', values['clock-ahead'], 0, 86_400_000) ?? 0;
  const stop = listenForStop();
  const { startSandbox } = await import('../sandbox/index.ts');
  const running = await startSandbox({
    port,
    ...(customers !== undefined && { customers }),
    ...(companies !== undefined && { companies }),
    ...(types !== undefined && { types }),
    sage200Timing: { stampSteps: values['stamp-steps'] === true, commitDelayMs, clockSkewMs },
    ...(values.data !== undefined && { rows: resolve(values.data) }),
    host: env['HOST'],
    publicHost: values['public-host'],
  }).catch((error: unknown) => {
    throw toListenFailure(error) ?? toRowsFailure(error, values.data) ?? error;
  });
  try {
    const file = values['write-config'];
    const written = file === undefined ? undefined : await writeSandboxConfig(running, resolve(file));
    stdout.write(`${describe(running)}\n`);
    if (written)
      stdout.write(`\nWrote ${file}. In another terminal, run: ${SERVE} --config ${file}\nAPI key: ${written.key}\n`);
    stdout.write('\nPress Ctrl+C to stop it.\n');
    await stop.asked;
  } finally {
    await closeWithin(running.close, CLOSE_WITHIN_MS);
  }
  return 0;
};

/** Mistakes in the user's own rows are printed without a stack. */
function toRowsFailure(error: unknown, folder: string | undefined): CommandFailure | undefined {
  return folder !== undefined && error instanceof Error ? new CommandFailure(error.message) : undefined;
}

/** URLs, credentials and control routes, for people who use the sandbox with their own program. */
function describe({ sageId, sage200, erp, paymentsOut, credentials, companies }: Sandbox): string {
  const { clientId, clientSecret, baseUrl, audience } = credentials.sage200;
  const tenants = credentials.erp.map(
    (tenant) =>
      `            tenant ${tenant.name} ${tenant.tenantId}, client ${tenant.clientId} / ${tenant.clientSecret}`,
  );
  const { network, x3, x3Cloud } = credentials;
  const pairs = companies.map(({ siteId, companyId }) => `            X-Site ${siteId}, X-Company ${companyId}`);
  return wrapLines(`The sandbox is ready. Everything in it is fictional, including the secrets.

  Sage ID   ${sageId.url}
            issuer ${sageId.issuer}, audience ${audience}
            client ${clientId} / ${clientSecret}, public client ${credentials.publicClientId}
            people ${sageId.users.map(({ email }) => email).join(', ')} (no passwords)
  Sage 200  ${sage200.url}
            API ${baseUrl}
${pairs.join('\n')}
  ERP       ${erp.url}
            tokens ${credentials.erp[0]?.tokenUrl ?? `${erp.url}/v1/token`}
${tenants.join('\n')}
            Sage X3 ${x3.url}, endpoint ${x3.endpoint}, user ${x3.user}, client ${x3.clientId} / ${x3.clientSecret}
            Sage X3 in the cloud ${x3Cloud.rootUrl}, customer ${x3Cloud.customer}, client ${x3Cloud.clientId} / ${x3Cloud.clientSecret}
  Payments  ${paymentsOut.url}
            client ${network.clientId} / ${network.clientSecret}, audience ${network.audience}
            x-application ${network.application}, x-api-key ${network.provider.apiKey} (provider), ${network.consumer.apiKey} (consumer)
            provider ${network.provider.providerId}

Each has control doors: POST and DELETE /__faults, GET and DELETE /__requests, POST /__clock.`);
}

function toNumber(option: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value < min || value > max)
    throw new UsageError(`${option} must be a number from ${min} to ${max}, not "${text}".`);
  return value;
}
