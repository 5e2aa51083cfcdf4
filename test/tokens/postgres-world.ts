import { join } from 'node:path';
import { Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import {
  createConnectionTokenSource,
  createSageIdClient,
  importConnection,
  openVault,
  type Vault,
} from '../../src/tokens/index.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { startSageIdStub } from './sage-id-stub.ts';
import { consentIn, createLogBook, makeFolder, NINETY_DAYS_MS, VAULT_KEY } from './world.ts';

export type StubOptions = Parameters<typeof startSageIdStub>[0];

/** Connections of real processes on one PostgreSQL, before a Sage ID that ends a sign-in on reuse. */
export async function startPostgresWorld(postgres: TestPostgres, options: StubOptions = {}) {
  const url = await postgres.createDatabase();
  const sageId = await startSageIdStub(options);
  const http = createHttp();
  const { log, lines } = createLogBook();
  const folder = await makeFolder();
  const vaults: Vault[] = [];
  const open = async (now?: () => number) => {
    const clock = now && { now, leaseClock: 'database' as const };
    const vault = await openVault({ url, key: VAULT_KEY, pendingFolder: join(folder.path, 'pending'), ...clock });
    vaults.push(vault);
    return vault;
  };
  const vault = await open();
  const refreshToken = new Secret(sageId.state.refreshToken);
  await importConnection(vault, { name: 'finance', refreshToken, refreshLifetimeMs: NINETY_DAYS_MS });
  const consent = await consentIn(vault);
  return {
    url,
    vault,
    sageId,
    lines,
    open,
    pending: join(folder.path, 'pending'),
    createSource(of: Vault, now?: () => number, patienceMs?: number) {
      const client = createSageIdClient({
        issuer: 'https://id.sage.com/',
        tokenUrl: sageId.tokenUrl,
        bodyEncoding: 'form',
        clientId: 'gateway',
        send: http.send,
        ...(now && { now }),
      });
      return createConnectionTokenSource({
        consent,
        vault: of,
        client,
        log,
        takeoverPauseMs: 50,
        ...(now && { now }),
        ...(patienceMs && { patienceMs }),
      });
    },
    async [Symbol.asyncDispose]() {
      for (const each of vaults) await each.close();
      await http.close();
      await sageId[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
