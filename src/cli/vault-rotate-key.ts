import { loadConfig } from '../config/index.ts';
import { type Command, parseOptions, UsageError } from './command.ts';
import { terminalCaller } from './terminal-caller.ts';

/** Re-encrypts everything in the vault with `vault.key`, so that the keys in `vault.previousKeys` can be removed. */
export const vaultRotateKey: Command = async ({ args, env, stdout, stderr }) => {
  const { values } = parseOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } });
  const path = values.config ?? env['GATEWAY_CONFIG'];
  if (!path) throw new UsageError('No vault is configured. Use --config FILE, or set GATEWAY_CONFIG.');
  const { keyFile, ...settings } = loadConfig({ path, env }).vault;
  const { openVault } = await import('../tokens/index.ts');
  const vault = await openVault({ ...settings, makeKey: keyFile });
  try {
    const { resealed, current, unreadable } = await vault.rotateKey();
    const lost = Object.entries(unreadable);
    await vault.audit.note({
      at: Date.now(),
      kind: 'act',
      action: 'key_rotated',
      caller: terminalCaller(),
      outcome: lost.length > 0 ? 'PARTIAL' : 'DONE',
    });
    if (values.json) {
      stdout.write(`${JSON.stringify({ resealed, current, unreadable })}\n`);
      return lost.length > 0 ? 1 : 0;
    }
    stdout.write(`${resealed} values re-encrypted, ${current} are under the current key.\n`);
    for (const [keyId, count] of lost) {
      stderr.write(`${count} values are under key ${keyId}, which is not in the configuration, or were moved.\n`);
    }
    if (lost.length > 0) {
      stderr.write(
        'Add that key to vault.previousKeys and run this again, or sign in again for the affected connections.\n',
      );
      return 1;
    }
    const old = settings.previousKeys.length;
    stdout.write(
      old > 0
        ? 'Once every running gateway has the new key, previousKeys can be emptied.\n'
        : 'There are no previous keys to remove.\n',
    );
    return 0;
  } finally {
    await vault.close();
  }
};
