import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, type Environment, loadConfig } from '../config/index.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { connectionOf, SANDBOX_CONNECTION, sandboxConfigText } from './sandbox-config.ts';
import { storeConnection } from './store-connection.ts';

export interface SandboxMode {
  readonly config: Config;
  /** The text of that configuration, and its name in messages. */
  readonly settings: { readonly path: string; readonly text: string };
  /** Addresses of its servers. */
  readonly sandbox: Sandbox['urls'];
  /** Ends the sandbox and removes everything it left on the disk. */
  close(): Promise<void>;
}

/** A sandbox on free ports, and the configuration of a gateway in front of it. Nothing is kept between starts. */
export async function startSandboxMode(env: Environment): Promise<SandboxMode> {
  const folder = await mkdtemp(join(tmpdir(), 'sage-gateway-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  // Also if the process is killed.
  process.once('exit', removeFolder);
  const sandbox = await startSandbox({ port: 0 });
  const close = async () => {
    await sandbox.close();
    removeFolder();
    process.off('exit', removeFolder);
  };
  try {
    const text = sandboxConfigText(sandbox, {
      vaultFile: join(folder, 'vault.db'),
      snapshots: join(folder, 'schemas'),
    });
    const settings = { path: 'sandbox.yaml (made at the start)', text };
    const config = loadConfig({ ...settings, env });
    await storeConnection(config, SANDBOX_CONNECTION, await connectionOf(sandbox));
    return { config, settings, sandbox: sandbox.urls, close };
  } catch (error) {
    await close();
    throw error;
  }
}
