import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Document, isNode } from 'yaml';
import { loadConfig } from '../config/index.ts';
import { Secret } from '../kit/errors/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { createApiKey } from './keys-create.ts';
import { storeConnection } from './store-connection.ts';

/** The connection and the caller of a gateway in front of the sandbox. */
export const SANDBOX_CONNECTION = 'sandbox';

export interface SandboxConfigOptions {
  readonly vaultFile: string;
  /** Folder for schema snapshots. */
  readonly snapshots: string;
  readonly apiKey?: { readonly key: string; readonly sha256: string };
}

/** The links in the documentation: the sandbox's customers and products have counterparts in its tenants. */
const LINKS = [
  {
    name: 'erpCustomer',
    from: 'Sage200Customer.reference',
    to: 'xtremMasterData.customer',
    key: 'id',
    reverse: 'sage200Customer',
  },
  {
    name: 'erpItem',
    from: 'Sage200Product.code',
    to: 'xtremMasterData.item',
    key: 'id',
    reverse: 'sage200Product',
    match: 'caseInsensitive',
  },
  {
    name: 'erpOrders',
    from: 'Sage200Customer.reference',
    to: 'xtremSales.salesOrder',
    key: 'soldToCustomer.id',
    many: true,
  },
];

/** A gateway.yaml for the sandbox: everybody at this machine may read and write everything in it. */
export function sandboxConfigText(sandbox: Sandbox, { vaultFile, snapshots, apiKey }: SandboxConfigOptions): string {
  const { sageId, sage200, network, x3 } = sandbox.credentials;
  const erp = [...sandbox.credentials.erp, x3];
  const [first] = sandbox.companies;
  const tenants = erp.map(({ name }) => name);
  const [defaultTenant] = tenants;
  // Tenant and company have defaults, so that the first query does not have to name them.
  const tenantRights = { tenants, ...(defaultTenant !== undefined && { defaultTenant }), readOnly: false };
  const rights = { connection: SANDBOX_CONNECTION, companies: 'all', ...tenantRights };
  const content = {
    vault: { url: `sqlite:${vaultFile}`, key: randomBytes(32).toString('base64') },
    sageId,
    sage200: { ...sage200, ...(first && { site: first.siteId, company: String(first.companyId) }) },
    erp: { snapshots, tenants: erp, ...runtimeOf(sandbox) },
    network,
    links: LINKS,
    callers: {
      // People who sign in at the sandbox's Sage ID have the same rights as anybody at this machine.
      sessions: { ...tenantRights, paymentsOut: 'write' },
      anonymous: { ...rights, paymentsOut: 'read' },
      ...(apiKey && {
        apiKeys: [{ name: 'sandbox', sha256: apiKey.sha256, ...rights, paymentsOut: 'write', admin: true }],
      }),
    },
  };
  const document = new Document(content, { aliasDuplicateObjects: false });
  const line = document.getIn(['callers', 'apiKeys', 0], true);
  if (apiKey && isNode(line)) line.commentBefore = ` Send it as "Authorization: Bearer ${apiKey.key}".`;
  document.commentBefore = ' For the sandbox that wrote this file, while it runs. All secrets and data are fictional.';
  return document.toString({ lineWidth: 0 });
}

/** Tenants of clients that are added while the gateway runs get their tokens from the same place. */
function runtimeOf({ credentials }: Sandbox) {
  const [first] = credentials.erp;
  return first && { runtime: { tokenUrl: first.tokenUrl } };
}

/** Writes a ready-to-use configuration for the running sandbox, with its connection stored in a vault beside it. */
export async function writeSandboxConfig(sandbox: Sandbox, path: string): Promise<{ readonly key: string }> {
  const stem = join(dirname(path), basename(path).replace(/\.ya?ml$/, ''));
  const vaultFile = `${stem}.vault.db`;
  // A vault of an earlier sandbox has tokens that are no longer valid, under a key that no longer exists.
  for (const file of [vaultFile, `${vaultFile}-wal`, `${vaultFile}-shm`]) await rm(file, { force: true });
  const apiKey = createApiKey('sandbox');
  const text = sandboxConfigText(sandbox, { vaultFile, snapshots: `${stem}.schemas`, apiKey });
  // PORT and HOST of this shell are not those of the gateway that will read the file.
  await storeConnection(loadConfig({ path, text, env: {} }), SANDBOX_CONNECTION, await connectionOf(sandbox));
  await writeFile(path, text, { mode: 0o600 });
  return { key: apiKey.key };
}

export async function connectionOf(sandbox: Sandbox): Promise<Secret> {
  return new Secret(await sandbox.refreshToken());
}
