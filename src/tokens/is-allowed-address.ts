import { isLoopbackHost } from '../kit/this-machine.ts';

export interface AddressRules {
  /** Host names; an address may point at one of them or below it, over https. */
  readonly allowedHosts: readonly string[];
  /** Its own origin is always allowed. */
  readonly tokenUrl: string;
}

/**
 * Whether an address out of a token answer may be called with our token.
 * Loopback over http counts only where the token endpoint is loopback itself, as in the sandbox: a real
 * answer that points at this machine is an attack or a mistake.
 */
export function isAllowedAddress(address: string, { allowedHosts, tokenUrl }: AddressRules): boolean {
  const url = URL.parse(address);
  const own = new URL(tokenUrl);
  if (!url || url.username || url.password) return false;
  if (url.origin === own.origin) return true;
  if (isLoopbackHost(url.hostname) && isLoopbackHost(own.hostname))
    return url.protocol === 'http:' || url.protocol === 'https:';
  return url.protocol === 'https:' && allowedHosts.some((host) => isAtOrBelow(url.hostname, host.toLowerCase()));
}

/** On a dot boundary: `evilsage.com` is not below `sage.com`. */
const isAtOrBelow = (hostname: string, host: string) => hostname === host || hostname.endsWith(`.${host}`);
