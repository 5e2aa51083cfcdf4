import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import {
  type ConnectionTokenSourceOptions,
  type ConsentRef,
  createConnectionTokenSource,
  createConsentWatch,
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

/** The consent that a stored connection holds. */
export async function consentIn(vault: Vault, name = 'finance'): Promise<ConsentRef> {
  const row = await vault.connections.read(name);
  if (row?.consent === undefined) throw new Error(`there is no consent for ${name}`);
  return { name, number: row.consent, subject: row.subject };
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
  });
  const vaultUrl = `sqlite:${join(folder.path, 'vault.db')}`;
  const open = async () => {
    const vault = await openVault({ url: vaultUrl, key: VAULT_KEY, now: clock.now });
    vaults.push(vault);
    return vault;
  };
  const vault = await open();
  const refreshToken = new Secret(sageId.state.refreshToken);
  const imported = { name: 'finance', subject: 'auth0|jane', refreshLifetimeMs: NINETY_DAYS_MS, now: clock.now };
  await importConnection(vault, { ...imported, refreshToken });
  const consent = await consentIn(vault);

  return {
    sageId,
    vault,
    consent,
    clock,
    lines,
    log,
    http,
    client,
    vaultUrl,
    /** Folder of pairs that were not stored. */
    pending: join(folder.path, 'vault.db.pending'),
    openVault: open,
    createWatch: (of = vault) =>
      createConsentWatch({ directory: of.directory, log, now: clock.now, staleAfterMs: Number.POSITIVE_INFINITY }),
    createSource: (changes: Partial<ConnectionTokenSourceOptions> = {}) =>
      createConnectionTokenSource({
        consent,
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
