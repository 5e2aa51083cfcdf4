import { Secret } from '../../src/kit/errors/index.ts';
import { importConnection, openVault } from '../../src/tokens/index.ts';
import { consentIn } from './world.ts';

// A process of its own beside a vault's other users: tries for the lease, writes a hundred connections, and records each.
const [url = '', key = ''] = process.argv.slice(2);
const vault = await openVault({ url, key: new Secret(key) });
const row = await vault.connections.read('finance');
const claim = {
  consent: await consentIn(vault),
  generation: row?.generation ?? 0,
  owner: String(process.pid),
  forMs: 60_000,
};
const taken = await vault.connections.takeLease(claim);
for (let index = 0; index < 100; index += 1) {
  const name = `p${process.pid}-${index}`;
  await importConnection(vault, { name, refreshToken: new Secret('rt'), refreshLifetimeMs: 1_000 });
  const end = await vault.audit.begin({ kind: 'mutation', action: name, at: Date.now() });
  await end({ outcome: 'DONE' });
}
await vault.close();
process.send?.(taken ? 1 : 0, () => process.disconnect());
