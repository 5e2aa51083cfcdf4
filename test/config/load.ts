import { ConfigError, loadConfig } from '../../src/config/index.ts';

export const KEY = Buffer.alloc(32, 7).toString('base64');
export const SUM = 'a'.repeat(64);
export const load = (text: string, env: Record<string, string | undefined> = {}) => loadConfig({ text, env });

export function messageOf(text: string, env: Record<string, string | undefined> = {}): string {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no fault';
}

/** A secret that no message may show. */
export const MARKER = 'planted-secret-marker';
