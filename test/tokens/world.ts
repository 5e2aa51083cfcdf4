import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import {
  type ConnectionTokenSourceOptions,
  createConnectionTokenSource,
  createSageIdClient,
  importConnection,
  openVault,
  type Vault,
} from '../../src/tokens/index.ts';
import { type SageIdStubOptions, startSageIdStub } from './sage-id-stub.ts';

/** 32 bytes in base64. */
export const VAULT_KEY = new Secret(Buffer.alloc(32, 7).toString('base64'));

export const NINETY_DAYS_MS = 90 * 24 * 3600_000;

export async function makeFolder() {
  const path = await mkdtemp(join(tmpdir(), 'gateway-tokens-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function createLogBook() {
  const lines: string[] = [];
  return { log: pino({ level: 'trace' }, { write: (line) => void lines.push(line) }), lines };
}

/** A clock that a test moves. */
export function createClock(startsAt = Date.UTC(2026, 10, 21)) {
  let time = startsAt;
  return {
    now: () => time,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

export interface WorldOptions extends SageIdStubOptions {
  readonly clientSecret?: Secret;
  readonly bodyEncoding?: 'form' | 'json';
  readonly timeoutMs?: number;
  readonly redirectUri?: string;
  /** The machine's clock instead of one that stands still until it is moved. */
  readonly realClock?: boolean;
}

/** A Sage ID that rotates, a vault file with one connection named `finance`, and token sources over it. */
export async function startWorld(options: WorldOptions = {}) {
  const folder = await makeFolder();
  const clock = options.realClock ? { now: Date.now, pass: () => {} } : createClock();
  const { log, lines } = createLogBook();
  const sageId = await startSageIdStub(options);
  const http = createHttp();
  const vaults: Vault[] = [];
  const client = createSageIdClient({
    issuer: 'https://id.sage.com/',
    tokenUrl: sageId.tokenUrl,
    bodyEncoding: options.bodyEncoding ?? 'form',
    clientId: 'gateway',
    clientSecret: options.clientSecret,
    send: http.send,
    now: clock.now,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  const vaultUrl = `sqlite:${join(folder.path, 'vault.db')}`;
  const open = async () => {
    const vault = await openVault({ url: vaultUrl, key: VAULT_KEY, now: clock.now });
    vaults.push(vault);
    return vault;
  };
  const vault = await open();
  const refreshToken = new Secret(sageId.state.refreshToken);
  await importConnection(vault, { name: 'finance', refreshToken, refreshLifetimeMs: NINETY_DAYS_MS, now: clock.now });

  return {
    sageId,
    vault,
    clock,
    lines,
    log,
    http,
    client,
    vaultUrl,
    /** Folder of pairs that were not stored. */
    pending: join(folder.path, 'vault.db.pending'),
    openVault: open,
    createSource: (changes: Partial<ConnectionTokenSourceOptions> = {}) =>
      createConnectionTokenSource({
        name: 'finance',
        vault,
        client,
        redirectUri: options.redirectUri,
        log,
        lostAnswerPauseMs: 5,
        takeoverPauseMs: 20,
        now: clock.now,
        random: () => 0.5,
        ...changes,
      }),
    stored: async () => {
      const row = await vault.connections.read('finance');
      if (!row) throw new Error('the connection is gone');
      return row;
    },
    async [Symbol.asyncDispose]() {
      for (const each of vaults) await each.close();
      await http.close();
      await sageId[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
