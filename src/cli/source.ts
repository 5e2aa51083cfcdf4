import { type Environment, loadSettings, readConfigText, type Settings } from '../config/index.ts';
import type { Announcement } from './announce.ts';

/** What is served, and how it is read again. */
export interface Source {
  readonly settings: Settings;
  /** The settings it was read from at the start. */
  readonly file: { readonly path: string; readonly text: string };
  /** Whether that is a file, which may change. */
  readonly isFile: boolean;
  readonly read: () => { readonly settings: Settings; readonly text: string };
  /** What was last read, whether valid or not. */
  readonly lastText: () => string;
  readonly sandbox?: Announcement['sandbox'];
  close(): Promise<void>;
}

/** @throws ConfigError */
export function readSource(path: string, env: Environment): Source {
  let lastText = '';
  const read = () => {
    const text = readConfigText(path);
    lastText = text;
    return { text, settings: loadSettings({ path, text, env }) };
  };
  const { text, settings } = read();
  return { settings, file: { path, text }, isFile: true, read, lastText: () => lastText, close: async () => {} };
}

export async function startOwnSandbox(env: Environment): Promise<Source> {
  const { startSandboxMode } = await import('./sandbox-mode.ts');
  const { settings: file, sandbox, close } = await startSandboxMode(env);
  const read = () => ({ text: file.text, settings: loadSettings({ ...file, env }) });
  return { settings: read().settings, file, isFile: false, read, lastText: () => file.text, sandbox, close };
}
