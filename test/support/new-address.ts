let addresses = 0;

/**
 * The header of a proxy (`server.trustProxy`) for a client whose address has sent nothing before. One address may send only
 * 20 wrong credentials a minute, and a test that waits until a key is accepted or refused may need more attempts.
 */
export function fromNewAddress(): { readonly 'x-forwarded-for': string } {
  addresses += 1;
  return { 'x-forwarded-for': `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}` };
}
