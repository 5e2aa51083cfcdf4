import { Secret } from '../../src/kit/errors/index.ts';
import type { SageIdSandbox } from '../../src/sandbox/sage-id/index.ts';
import { importConnection, type StoredConnection, type Vault } from '../../src/tokens/index.ts';
import type { ForcedConsent, Stall } from './judge.ts';

const NAME = 'finance';
/** Known and always the same: a sign-in of the same person renews the consent, so that what runs goes on. */
const SUBJECT = 'auth0|jane';

/** The person of the run's one connection: signs in at the start and whenever it needs that, and notes when renewals stood still. */
export function createPerson(sageId: SageIdSandbox, vault: Vault) {
  const secrets = new Map<string, string>();
  const consents: ForcedConsent[] = [];
  const stalls: Stall[] = [];
  /** Began with a kill, and lasts while this generation does. */
  let standing: { readonly from: number; readonly generation: number }[] = [];

  const keep = (kind: string, secret: Secret | undefined) => {
    if (secret && ![...secrets.values()].includes(secret.reveal()))
      secrets.set(`${kind} ${secrets.size + 1}`, secret.reveal());
  };

  const signIn = async () => {
    const refreshToken = new Secret(await sageId.issueRefreshToken());
    keep('imported refresh token', refreshToken);
    await importConnection(vault, { name: NAME, subject: SUBJECT, refreshToken, refreshLifetimeMs: 86_400_000 });
  };

  const read = async (): Promise<StoredConnection> => {
    const row = await vault.connections.read(NAME);
    if (!row) throw new Error('the connection is gone');
    return row;
  };

  return {
    signIn,
    secrets,
    consents,
    stalls,
    readStored: async () => (await read()).refreshToken?.reveal(),
    async lookAfter() {
      const row = await read();
      keep('stored refresh token', row.refreshToken);
      keep('stored access token', row.accessToken?.value);
      const ended = standing.filter(({ generation }) => generation !== row.generation);
      standing = standing.filter(({ generation }) => generation === row.generation);
      stalls.push(...ended.map(({ from }) => ({ from, to: Date.now() })));
      if (row.state !== 'needs_consent') return;
      await signIn();
      consents.push({ token: row.refreshToken?.reveal() ?? '', signedInAt: Date.now() });
    },
    /** A lease may be left over from the one that was killed then. */
    async afterKill(at: number) {
      const row = await read();
      if (row.state === 'renewing' || row.abandonedBy !== undefined)
        standing.push({ from: at, generation: row.generation });
    },
    /** The end of the run is the end of all standing still. */
    finish() {
      stalls.push(...standing.splice(0).map(({ from }) => ({ from, to: Date.now() })));
    },
  };
}
