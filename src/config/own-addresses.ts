import type { Config } from './config.ts';

/** Addresses of the gateway that it tells to others. Functions, since port 0 is known only once the server listens. */
export interface OwnAddresses {
  /** Without a slash at the end. */
  publicUrl(): string;
  /** Where Sage sends people back to. */
  redirectUri(): string;
  /** Which port it became. */
  listensOn(port: number): void;
}

/** What was written stays as it was written; what was left out, or says port 0 itself, gets the port there really is. */
export function createOwnAddresses({ server, sage200 }: Pick<Config, 'server' | 'sage200'>): OwnAddresses {
  let port = '0';
  const open = (url: string) => url.replace(/:0(?=\/|$)/, `:${port}`);
  const publicUrl = () => open(server.publicUrl);
  return {
    publicUrl,
    redirectUri: () => (sage200 ? open(sage200.redirectUri) : `${publicUrl()}/connect/sage200/callback`),
    listensOn(found) {
      port = String(found);
    },
  };
}
