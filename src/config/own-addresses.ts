import type { Config } from './config.ts';

/** The gateway's own URLs. They are functions, since port 0 is only known once the server listens. */
export interface OwnAddresses {
  /** Without a slash at the end. */
  publicUrl(): string;
  /** Where Sage redirects people to. */
  redirectUri(): string;
  listensOn(port: number): void;
}

/** A configured URL is kept unchanged; a default one, or one with port 0, gets the actual port. */
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
