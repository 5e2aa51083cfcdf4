import { isIPv6 } from 'node:net';

/**
 * The network that counts as one sender: an IPv4 address, or the /64 of an IPv6 address, since its holder has it all.
 * @param address with or without a port, as some proxies write it. @default one network for all unknown addresses
 */
export function networkOf(address = 'unknown'): string {
  const bare = address.replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
  if (!isIPv6(bare) || bare.includes('.')) return bare.replace(/^::ffff:/i, '');
  const [head = '', tail] = (bare.split('%')[0] ?? '').split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
